/**
 * What the compiler finds in metrics that are asked for wrongly, and what it must let pass. Nothing here runs: each line under
 * `@ts-expect-error` has to be an error, and no other one may be.
 */
import { check, defineMetric, type MetricName, type MetricRequest, metric, type Tensor } from 'gradstream'

declare const name: MetricName
const asked = (...requests: MetricRequest[]) => requests

// --- built-in metrics, by name, as data and by function ------------------------------------------------------------

asked('accuracy', 'f1', name)
asked({ metric: 'fBeta', beta: 2 }, { metric: 'auc', curve: 'pr', average: 'none' })
asked({ metric: name, prediction: 'a', target: 'b' }, { metric: 'topKAccuracy', k: 3, name: 'top' })
asked(metric.f1(), metric.fBeta({ beta: 2, name: 'f2' }), { ...metric.auc({ curve: 'pr' }), name: 'pr' })
asked(metric.sensitivityAtSpecificity({ specificity: 0.9 }))

// @ts-expect-error there is no such metric
asked('f2')
// @ts-expect-error it needs a specificity
asked('sensitivityAtSpecificity')
// @ts-expect-error it needs a specificity
metric.sensitivityAtSpecificity()
// @ts-expect-error accuracy has no such option
asked({ metric: 'accuracy', beta: 2 })
// @ts-expect-error there is no such average
asked({ metric: 'f1', average: 'mean' })
// @ts-expect-error a number is wanted
metric.fBeta({ beta: '2' })
// @ts-expect-error the option is called curve
metric.auc({ curv: 'pr' })
// @ts-expect-error it has to be called
asked(metric.f1)

// --- custom metrics ---------------------------------------------------------------------------------------------------

const within = defineMetric({
  type: 'within',
  config: ({ tolerance = 0.1 }: { tolerance?: number } = {}) => ({
    tolerance: check.positiveNumber({ tolerance }),
  }),
  expects: config => (config.tolerance > 1 ? 'labels' : undefined),
  sums: ['close', 'all'],
  columns: (classes, { tolerance }) => ({ each: classes * tolerance }),
  moments: ['spread'],
  tally: ({ prediction, target }, { tolerance }, { kernels: k, fromLogits }) => ({
    close: k.less(k.abs(k.sub(prediction, target)), fromLogits ? 0 : tolerance),
    all: target.size,
    each: prediction,
    spread: target,
  }),
  result({ close, all, each, spread }, { tolerance }) {
    const numbers: readonly number[] = [close, all, each[0] ?? 0, spread.count, spread.mean, spread.squares]
    return numbers.length * tolerance
  },
})
asked(
  within(),
  within({ tolerance: 2 }),
  within({ name: 'own', prediction: 'a', target: 'b', fromLogits: true }),
)
asked({ metric: within, tolerance: 2 } as ReturnType<typeof within>)

// @ts-expect-error a number is wanted
within({ tolerance: '2' })
// @ts-expect-error it has no such option
within({ close: 2 })
// @ts-expect-error it has to be called
asked(within)

defineMetric({
  type: 'own',
  sums: ['a', 'b'],
  // @ts-expect-error b is missing
  tally: ({ target }: { target: Tensor }) => ({ a: target }),
  result: ({ a, b }) => a / b,
})
defineMetric({
  type: 'own',
  sums: ['a'],
  tally: ({ target }) => ({ a: target }),
  // @ts-expect-error there is no sum of that name
  result: ({ a, c }) => a / c,
})
defineMetric({
  type: 'own',
  moments: ['a'],
  tally: ({ target }) => ({ a: target }),
  // @ts-expect-error moments are no number
  result: ({ a }) => a / 2,
})
