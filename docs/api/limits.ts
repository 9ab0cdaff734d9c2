/**
 * The limits of numeric options, taken from the checks themselves: calls each function once and records its
 * checks.
 */
import { EMPTY } from 'rxjs'
import { type Limits, limitsIn } from '../../core/checks.ts'
import {
  arrayOf,
  compile,
  createTrainer,
  dense,
  evaluate,
  findBatchSize,
  findLearningRate,
  fromArrays,
  fromIterable,
  fromObservable,
  graph,
  input,
  meanSquaredError,
  moments,
  parseCsv,
  sgd,
} from '../../index.ts'
import { catalogue } from '../../nodes/index.ts'
import { settingsOf } from '../../runtime/bridge/server/settings.ts'
import { checkedEpoch } from '../../runtime/data/source.ts'
import { lossCurve } from '../../terminal.ts'
import { checkNode } from '../../testing.ts'

import type { ByOption } from './options.ts'

/** The limits of the options of each function, by name. */
export async function limitsOfAll(): Promise<ReadonlyMap<string, ByOption>> {
  const target = input({ name: 'target', shape: [1] })
  const prediction = input({ name: 'x', shape: [1] }).pipe(dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, target)
  const net = graph({ prediction, loss, update: loss.pipe(sgd()) })
  const model = compile(net)
  const data = fromArrays({ x: [[1], [2]], target: [[1], [2]] })
  const trainer = createTrainer(model, { data })
  const trained = () => {
    createTrainer(model, { data, stepsPerSecond: 1, limitBatches: 1 })
    createTrainer(model, { data, overfitBatches: 1 })
  }
  const waiting: Promise<unknown>[] = []
  const calls: Readonly<Record<string, () => unknown>> = {
    compile: () => compile(net, { threads: 1 }).dispose(),
    createTrainer: trained,
    dryRun: trained,
    findLearningRate: () => waiting.push(findLearningRate(model, { data, batchSize: 1, steps: 20 })),
    findBatchSize: () => waiting.push(findBatchSize(model, { data, seconds: 1e-3 })),
    evaluate: () => waiting.push(evaluate(model, data)),
    'model.predict': () => model.predict({ x: [[1]] }),
    'data.split': () => data.split({ validation: 0.5 }),
    'data.folds': () => data.folds(2),
    fromIterable: () => fromIterable([], { size: 1, shuffle: 1 }),
    fromObservable: () => fromObservable(EMPTY, { size: 1, shuffle: 1 }),
    moments: () => waiting.push(moments(data, { samples: 1 })),
    openBridge: () => settingsOf(trainer, {}),
    parseCsv: () => parseCsv('a,b\n1,2\n', { target: 'b', header: true }),
    arrayOf: () => arrayOf([{ a: 1, b: 2 }], { target: 'b' }),
    epoch: () => checkedEpoch({ batchSize: 1, inputs: {}, precision: 'float32', scalings: {} }),
    lossCurve: () => lossCurve([]),
    checkNode: () => checkNode({ type: 'relu' }, { inputs: { x: [1, 1] } }),
  }
  const ofFunctions = Object.entries(calls).map(([name, call]) => [name, limitsIn(call)] as const)
  const ofNodes = catalogue.map(({ definition }) => {
    const [example] = 'examples' in definition ? definition.examples : []
    return [definition.type, limitsIn(() => definition.config(example?.config ?? {}))] as const
  })
  await Promise.all(waiting)
  trainer.dispose()
  model.dispose()
  return new Map([...ofFunctions, ...ofNodes])
}

/** `> 0, whole`, for a table. */
export function showLimits(limits: Limits | undefined): string {
  if (limits === undefined) return ''
  const { minimum, above, below, isWhole } = limits
  const bounds = [
    minimum !== undefined && `≥ ${minimum}`,
    above !== undefined && `> ${above}`,
    below !== undefined && `< ${below}`,
    isWhole && 'whole',
  ].filter(part => part !== false && part !== undefined)
  return bounds.length > 0 ? bounds.join(', ') : 'finite'
}
