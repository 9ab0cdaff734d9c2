/** Adding up losses and metrics over the batches of an epoch. */
import type { Kernels, Lease, Numbers, Tensor } from '../../core/index.ts'
import type { Engine } from '../engine/engine.ts'
import type { LiveNode } from '../engine/live-node.ts'
import type { Metric, MetricName } from './metrics/index.ts'
import { metricsOf } from './metrics/index.ts'

/** One figure to be: where it comes from, and its sums. */
interface Gauge {
  readonly name: string
  readonly totals: Tensor
  read(node: LiveNode, samples: number): void
  result(sums: Numbers, samples: number): number
}

/**
 * Sums of losses and metrics, kept by kernels and read only when they are published. `loss` is the sum of all losses
 * of the graph that an optimizer follows; with several, each has figures of its own under its node's name.
 */
export class Meter {
  private readonly kernels: Kernels
  private readonly lease: Lease
  private readonly losses: readonly LiveNode[]
  private readonly gauges: readonly (readonly [LiveNode, Gauge])[]
  private samples = 0

  constructor(engine: Engine, names: readonly MetricName[]) {
    const { kernels } = engine
    this.kernels = kernels
    this.lease = kernels.lease()
    this.losses = lossesOf(engine)
    const metrics = metricsOf(names)
    const several = this.losses.length > 1
    this.gauges = this.losses.flatMap(node => {
      const own = node.definition.inputs.includes('prediction') && node.definition.inputs.includes('target')
      const gauges = [lossGauge(kernels), ...(own ? metrics.map(metric => metricGauge(kernels, metric)) : [])]
      return gauges.map(
        gauge => [node, { ...gauge, name: several ? `${node.id}.${gauge.name}` : gauge.name }] as const,
      )
    })
  }

  /** The loss of the last batch. */
  get lastLoss(): number {
    return this.losses.reduce((sum, node) => sum + lossOf(node).item(), 0)
  }

  /** Adds the batch that the engine has just run. */
  tally(samples: number): void {
    this.kernels.lend(this.lease)
    this.samples += samples
    const { gauges } = this
    for (let i = 0; i < gauges.length; i++) {
      const entry = gauges[i] as (typeof gauges)[number]
      entry[1].read(entry[0], samples)
    }
  }

  /** The figures so far, each name after `prefix`; none before the first batch. */
  figures(prefix = ''): Record<string, number> {
    if (this.samples === 0) return {}
    const own = this.gauges.map(
      ([, { name, totals, result }]) => [name, result(totals.data, this.samples)] as const,
    )
    const losses = own.filter(([name]) => name.endsWith('loss'))
    const loss = losses.reduce((sum, [, value]) => sum + value, 0)
    const all = losses.length > 1 ? [['loss', loss] as const, ...own] : own
    return Object.fromEntries(all.map(([name, value]) => [prefix ? prefix + capitalized(name) : name, value]))
  }

  /** Gives its memory back. */
  dispose(): void {
    this.kernels.free(this.lease)
  }

  reset(): void {
    this.samples = 0
    for (const [, { totals }] of this.gauges) totals.data.fill(0)
  }
}

/** The losses in front of an optimizer; those of the whole graph where there is no optimizer. */
function lossesOf({ nodes, optimizers, isTrained }: Engine): LiveNode[] {
  const losses = [...nodes.values()].filter(({ definition }) => definition.role === 'loss')
  return optimizers.length > 0 ? losses.filter(({ id }) => isTrained(id)) : losses
}

const lossOf = (node: LiveNode) => node.outputs[0]?.forward.tensor as Tensor

/** The mean over the samples, so that a short batch counts with its true size. */
function lossGauge(kernels: Kernels): Gauge {
  const totals = kernels.totals(1)
  return {
    name: 'loss',
    totals,
    read(node, samples) {
      kernels.tally(totals, 0, lossOf(node), samples)
    },
    result: ([sum], samples) => (sum as number) / samples,
  }
}

function metricGauge(kernels: Kernels, { name, sums, tally, result }: Metric): Gauge {
  const totals = kernels.totals(sums)
  const add = (sum: number, x: Tensor, weight?: number) => kernels.tally(totals, sum, x, weight)
  return {
    name,
    totals,
    read({ values, resolved }) {
      const { prediction, target } = values as { prediction: Tensor; target: Tensor }
      tally({ kernels, prediction, target, fromLogits: resolved.config.fromLogits === true }, add)
    },
    result,
  }
}

const capitalized = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)
