/** Sums losses and metrics over the batches of an epoch. */
import {
  followedBy,
  GradstreamError,
  type Kernels,
  type Lease,
  listOf,
  type Numbers,
  type PortRef,
  type ResolvedNode,
  sameShape,
  showShape,
  type Tensor,
} from '../../core/index.ts'
import type { Engine } from '../engine/engine.ts'
import type { LiveNode } from '../engine/live-node.ts'
import type { LiveOutput } from '../engine/node-parts.ts'
import { type AttachedMetric, type Metric, type MetricRequest, metricOf } from './metrics/index.ts'

/** Computes one figure: its name, how many sums it keeps, and how a batch is added to them. */
interface Gauge {
  readonly name: string
  readonly sums: number
  /** What it reads. */
  readonly outputs: readonly LiveOutput[]
  /** Its sums are in `totals` from `start`. */
  tally(totals: Tensor, start: number, samples: number): void
  result(sums: Numbers, samples: number): number
}

/** A gauge and the position of its sums. */
interface Placed {
  readonly gauge: Gauge
  readonly start: number
}

/**
 * Sums of losses and metrics, kept by kernels and read only when they are published.
 *
 * `loss` is what the optimizer minimizes. With several optimizers it is the sum of their losses, and each
 * loss is a figure as well. Losses that are part of another one also appear under their own names. Without an
 * optimizer, the losses are those among the outputs of the graph.
 */
export class Meter {
  private readonly kernels: Kernels
  private readonly lease: Lease
  private readonly followed: readonly LiveOutput[]
  private readonly gauges: readonly Placed[]
  /** The sums so far, and a second tensor for the sums with the next batch. */
  private totals: Tensor
  private next: Tensor
  private samples = 0
  private readonly releases: readonly (() => void)[]

  /** @throws GradstreamError `UNKNOWN_NAME`, `INVALID_OPTION`, `SHAPE_MISMATCH` */
  constructor(engine: Engine, requests: readonly MetricRequest[], place: string) {
    const { kernels } = engine
    const ends = endsOf(engine)
    const attached = requests.filter((request): request is AttachedMetric => typeof request === 'object')
    const pairs = attached.map(request => pairOf(engine, request, place))
    const gauges = [
      ...lossGauges(kernels, engine, ends),
      ...ownGauges(kernels, engine, ends, requests, place),
      ...pairs.map(pair => metricGauge(kernels, pair)),
    ]
    demandDistinct(gauges, place)
    let sums = 0
    this.kernels = kernels
    this.followed = ends.map(({ output }) => output)
    this.gauges = gauges.map(gauge => {
      const start = sums
      sums += gauge.sums
      return { gauge, start }
    })
    this.lease = kernels.lease()
    this.totals = kernels.totals(sums)
    this.next = kernels.totals(sums)
    const read = new Set([...gauges.flatMap(({ outputs }) => outputs), ...this.followed])
    this.releases = [...read].map(({ forward }) => forward.read())
  }

  /** The loss of the last batch. */
  get lastLoss(): number {
    return this.followed.reduce((sum, { forward }) => sum + forward.tensor.item(), 0)
  }

  /** Adds the batch that the engine has just run. If it throws, nothing is added. */
  tally(samples: number): void {
    const { kernels, gauges, totals, next } = this
    kernels.lend(this.lease)
    kernels.copyTotals(totals, next)
    for (let i = 0; i < gauges.length; i++) {
      const { gauge, start } = gauges[i] as Placed
      gauge.tally(next, start, samples)
    }
    this.samples += samples
    this.totals = next
    this.next = totals
  }

  /** The names of the figures. */
  get names(): readonly string[] {
    const names = this.gauges.map(({ gauge }) => gauge.name)
    return this.followed.length < 2 ? names : ['loss', ...names]
  }

  /** The figures so far; none before the first batch. */
  get figures(): (readonly [name: string, value: number])[] {
    const { samples, totals } = this
    if (samples === 0) return []
    const figures = this.gauges.map(({ gauge: { name, sums, result }, start }) => {
      return [name, result(totals.data.subarray(start, start + sums), samples)] as const
    })
    const { length } = this.followed
    if (length < 2) return figures
    const loss = figures.slice(0, length).reduce((sum, [, value]) => sum + value, 0)
    return [['loss', loss], ...figures]
  }

  /** Frees its memory. */
  dispose(): void {
    for (const release of this.releases) release()
    for (const memory of [this.lease, this.totals, this.next]) this.kernels.free(memory)
  }

  reset(): void {
    this.samples = 0
    this.totals.data.fill(0)
  }
}

/** A port that an optimizer follows or could follow. */
export interface End {
  readonly node: LiveNode
  readonly output: LiveOutput
}

export function endsOf(engine: Engine): End[] {
  const { nodes, optimizers, graph } = engine
  const endAt = ({ node: id, output: name }: PortRef): End[] => {
    const node = nodes.get(id)
    const output = node?.outputs.find(candidate => candidate.name === name)
    return node && output ? [{ node, output }] : []
  }
  const followed = optimizers.flatMap(({ resolved }) => {
    const { producer, output } = followedBy(resolved).loss
    return endAt({ node: producer.id, output })
  })
  if (followed.length > 0) return distinct(followed)
  // Scalar losses that are not part of another loss.
  const outputs = Object.values(graph.outputs).flatMap(endAt)
  const losses = [...nodes.values()].filter(isLoss)
  const scalar = outputs.filter(
    ({ node, output }) =>
      output.shape.length === 0 && losses.some(loss => standsOn(node.resolved, loss.resolved)),
  )
  const candidates =
    scalar.length > 0 ? scalar : losses.flatMap(({ id }) => endAt({ node: id, output: 'loss' }))
  return distinct(candidates).filter(
    ({ node }) =>
      !candidates.some(other => other.node !== node && standsOn(other.node.resolved, node.resolved)),
  )
}

const distinct = (ends: readonly End[]): End[] =>
  ends.filter(({ output }, i) => ends.findIndex(other => other.output === output) === i)

const isLoss = ({ definition }: LiveNode): boolean => definition.role === 'loss'

/** Whether a node depends on another one, or is that node. */
function standsOn(node: ResolvedNode, other: ResolvedNode): boolean {
  const open = [node]
  const seen = new Set(open)
  for (let next = open.pop(); next; next = open.pop()) {
    if (next === other) return true
    for (const { producer } of next.inputs) {
      if (seen.has(producer)) continue
      seen.add(producer)
      open.push(producer)
    }
  }
  return false
}

/** Gauges of the followed ports, then of the losses they are made of. */
function lossGauges(kernels: Kernels, { nodes }: Engine, ends: readonly End[]): Gauge[] {
  const nameOf = ({ node: { id, outputs }, output }: End) =>
    ends.length === 1 ? 'loss' : outputs.length === 1 ? `${id}.loss` : `${id}.${output.name}.loss`
  const own = ends.map(end => meanGauge(kernels, nameOf(end), end.output))
  const parts = [...nodes.values()].filter(
    node =>
      isLoss(node) &&
      ends.every(end => end.node !== node) &&
      ends.some(end => standsOn(end.node.resolved, node.resolved)),
  )
  const taken = new Set(['loss', ...own.map(({ name }) => name)])
  const partName = (id: string) => (taken.has(id) ? `${id}.loss` : id)
  return [
    ...own,
    ...parts.map(({ id, outputs }) => meanGauge(kernels, partName(id), outputs[0] as LiveOutput)),
  ]
}

/** The mean over all samples, so that a short batch counts by its actual size. */
function meanGauge(kernels: Kernels, name: string, output: LiveOutput): Gauge {
  const { forward } = output
  return {
    name,
    sums: 1,
    outputs: [output],
    tally(totals, start, samples) {
      kernels.tally(totals, start, forward.tensor, samples)
    },
    result: ([sum], samples) => (sum as number) / samples,
  }
}

/** The losses that metrics measure: followed ones with a prediction and a target. */
export function measuredLosses({ nodes }: Pick<Engine, 'nodes'>, ends: readonly End[]): LiveNode[] {
  return [...nodes.values()].filter(node => {
    const { inputs } = node.definition
    const isMeasured = isLoss(node) && inputs.includes('prediction') && inputs.includes('target')
    return isMeasured && ends.some(end => standsOn(end.node.resolved, node.resolved))
  })
}

/** Metrics of the losses that have a prediction and a target. With several losses, their names include the loss. */
function ownGauges(
  kernels: Kernels,
  { nodes }: Engine,
  ends: readonly End[],
  requests: readonly MetricRequest[],
  place: string,
): Gauge[] {
  const losses = measuredLosses({ nodes }, ends)
  const metrics = requests.flatMap(request => (typeof request === 'string' ? metricOf(request, place) : []))
  return losses.flatMap(({ id, resolved: { config, inputs } }) => {
    const outputAt = (name: string) => {
      const { producer, output } = inputs.find(input => input.name === name) as ResolvedNode['inputs'][number]
      return (nodes.get(producer.id) as LiveNode).output(output)
    }
    return metrics.map(metric =>
      metricGauge(kernels, {
        name: losses.length > 1 ? `${id}.${metric.name}` : metric.name,
        metric,
        fromLogits: config.fromLogits === true,
        prediction: outputAt('prediction'),
        target: outputAt('target'),
      }),
    )
  })
}

interface Pair {
  readonly name: string
  readonly metric: Metric
  readonly fromLogits: boolean
  readonly prediction: LiveOutput
  readonly target: LiveOutput
}

/** The two ports of an attached metric. */
function pairOf(engine: Engine, request: AttachedMetric, place: string): Pair {
  const { metric, fromLogits = false, name = `${request.prediction}.${metric}` } = request
  const prediction = portOf(engine, request.prediction, place)
  const target = portOf(engine, request.target, place)
  const isByNumber =
    metricOf(metric, place).asks === 'classes' &&
    sameShape(target.shape, [...prediction.shape.slice(0, -1), 1])
  if (!sameShape(prediction.shape, target.shape) && !isByNumber) {
    throw new GradstreamError('SHAPE_MISMATCH', {
      place: `${place}, "${name}"`,
      expected: `a target of shape ${showShape(prediction.shape)}, like "${request.prediction}"`,
      got: showShape(target.shape),
      hint: 'Attach the metric to two ports of the same shape.',
    })
  }
  return { name, metric: metricOf(metric, place), fromLogits, prediction, target }
}

function portOf({ graph, nodes }: Engine, name: string, place: string): LiveOutput {
  const ref = Object.hasOwn(graph.outputs, name) ? graph.outputs[name] : undefined
  const node = nodes.get(ref?.node ?? name)
  const output = ref ? node?.outputs.find(candidate => candidate.name === ref.output) : node?.outputs[0]
  if (output) return output
  throw new GradstreamError('UNKNOWN_NAME', {
    place,
    expected: `an output of the graph or a node: ${listOf([...Object.keys(graph.outputs), ...nodes.keys()])}`,
    got: `"${name}"`,
  })
}

function metricGauge(kernels: Kernels, { name, metric, fromLogits, prediction, target }: Pair): Gauge {
  return {
    name,
    sums: typeof metric.sums === 'number' ? metric.sums : metric.sums(prediction.shape.at(-1) ?? 1),
    outputs: [prediction, target],
    tally(totals, start) {
      metric.tally(
        { kernels, prediction: prediction.forward.tensor, target: target.forward.tensor, fromLogits },
        (sum, x, weight) => kernels.tally(totals, start + sum, x, weight),
        (sum, x) => kernels.tallyMoments(totals, start + sum, x),
      )
    },
    result: metric.result,
  }
}

function demandDistinct(gauges: readonly Gauge[], place: string): void {
  const names = new Set<string>()
  for (const name of gauges.flatMap(({ name }) => [name, validated(name)])) {
    if (names.has(name)) {
      throw new GradstreamError('DUPLICATE_NAME', {
        place,
        expected: 'metrics with different names',
        got: `"${name}" twice`,
        hint: 'Give one of them another name: { metric, prediction, target, name }.',
      })
    }
    names.add(name)
  }
}

/** The name of a figure for the validation data. */
export const validated = (name: string): string => `validation${name.charAt(0).toUpperCase()}${name.slice(1)}`
