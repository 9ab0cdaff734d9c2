/** Sums losses and metrics over the batches of an epoch. */
import {
  followedBy,
  GradstreamError,
  type Kernels,
  type Lease,
  listOf,
  type PortRef,
  type ResolvedNode,
  sameShape,
  showShape,
  type Tensor,
  withRank,
} from '../../core/index.ts'
import type { Engine } from '../engine/engine.ts'
import type { LiveNode } from '../engine/live-node.ts'
import type { LiveOutput } from '../engine/node-parts.ts'
import { type Gauge, metricGauge, type Pair, type PairWeights } from './metrics/gauge.ts'
import type { AskedMetric } from './metrics/index.ts'
import { share } from './metrics/share.ts'

export interface MeterSettings {
  /** For error texts. */
  readonly place: string
  /** The names of the classes in a column of the data, if known. */
  readonly classNames: (column: string) => readonly string[] | undefined
  /** Takes what is wrong with a figure, which is NaN then. */
  readonly onFault: (fault: GradstreamError) => void
}

/** The sums of a meter, as plain data. */
export interface SavedMeter {
  readonly samples: number
  readonly totals: readonly number[]
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
  private readonly onFault: MeterSettings['onFault']
  /** Gauges whose fault has been told. */
  private readonly faulty = new Set<Gauge>()

  /** @throws GradstreamError `UNKNOWN_NAME`, `SHAPE_MISMATCH`, `METRIC_MISMATCH`, `DUPLICATE_NAME` */
  constructor(engine: Engine, asked: readonly AskedMetric[], { place, classNames, onFault }: MeterSettings) {
    const { kernels } = engine
    const ends = endsOf(engine)
    const losses = measuredLosses(engine, ends)
    const pairs = asked.flatMap(metric =>
      metric.prediction === undefined || metric.target === undefined
        ? losses.map(loss => ownPair(engine, metric, loss, { isOneOfSeveral: losses.length > 1, place }))
        : pairOf(engine, metric, metric.prediction, metric.target, place),
    )
    const gauges = [
      ...lossGauges(engine, ends),
      ...pairs.map(pair => metricGauge(kernels, demandFit(pair, place), classesOf(pair, classNames), place)),
    ]
    demandDistinct(gauges, place)
    let sums = 0
    this.kernels = kernels
    this.onFault = onFault
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
    const names = this.gauges.flatMap(({ gauge }) => gauge.names)
    return this.followed.length < 2 ? names : ['loss', ...names]
  }

  /** The figures so far; none before the first batch. */
  get figures(): (readonly [name: string, value: number])[] {
    const { samples, totals } = this
    if (samples === 0) return []
    const figures = this.gauges.flatMap(({ gauge, start }) => {
      const values = this.valuesOf(gauge, totals.data.subarray(start, start + gauge.sums) as Float64Array)
      return gauge.names.map((name, i) => [name, values[i] as number] as const)
    })
    const { length } = this.followed
    if (length < 2) return figures
    const loss = figures.slice(0, length).reduce((sum, [, value]) => sum + value, 0)
    return [['loss', loss], ...figures]
  }

  /** The figures of a gauge; NaN where there is a fault, which is told once. */
  private valuesOf(gauge: Gauge, sums: Float64Array): readonly number[] {
    try {
      return gauge.figures(sums, this.samples)
    } catch (fault) {
      if (!this.faulty.has(gauge)) {
        this.faulty.add(gauge)
        this.onFault(fault as GradstreamError)
      }
      return gauge.names.map(() => Number.NaN)
    }
  }

  /** The sums so far. */
  save(): SavedMeter {
    return { samples: this.samples, totals: Array.from(this.totals.data) }
  }

  load({ samples, totals }: SavedMeter): void {
    this.samples = samples
    this.totals.data.set(totals)
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
function lossGauges(engine: Engine, ends: readonly End[]): Gauge[] {
  const nameOf = ({ node: { id, outputs }, output }: End) =>
    ends.length === 1 ? 'loss' : outputs.length === 1 ? `${id}.loss` : `${id}.${output.name}.loss`
  const own = ends.map(end => lossGauge(engine, nameOf(end), end))
  const parts = [...engine.nodes.values()].filter(
    node =>
      isLoss(node) &&
      ends.every(end => end.node !== node) &&
      ends.some(end => standsOn(end.node.resolved, node.resolved)),
  )
  const taken = new Set(['loss', ...own.flatMap(({ names }) => names)])
  const partName = (id: string) => (taken.has(id) ? `${id}.loss` : id)
  return [
    ...own,
    ...parts.map(node =>
      lossGauge(engine, partName(node.id), { node, output: node.outputs[0] as LiveOutput }),
    ),
  ]
}

/** A mean over all batches: of samples, or, where a loss is a mean of weights, of weights. */
function lossGauge(engine: Engine, name: string, { node, output }: End): Gauge {
  const { kernels } = engine
  const isWeighted = isLoss(node) && node.resolved.config.reduction === 'weightedMean'
  const [weight, target] = ['weight', 'target'].map(input => sourceOf(engine, node, input)?.output)
  return isWeighted && weight && target
    ? weightedMeanGauge(kernels, name, output, { weight, target })
    : meanGauge(kernels, name, output)
}

/** Σ w J / Σ w over batches, with w for all weights of a batch: the mean is that of all losses, however they are divided. */
function weightedMeanGauge(
  kernels: Kernels,
  name: string,
  output: LiveOutput,
  { weight, target }: Readonly<Record<'weight' | 'target', LiveOutput>>,
): Gauge {
  return {
    names: [name],
    sums: 2,
    outputs: [output, weight, target],
    tally(totals, start) {
      const w = weight.forward.tensor
      // A weight counts for all losses that share it.
      const each = target.forward.tensor.size / w.size
      kernels.tally(totals, start, kernels.mul(output.forward.tensor, kernels.sum(w)), each)
      kernels.tally(totals, start + 1, w, each)
    },
    figures: ([sum = 0, weights = 0]) => [share(sum, weights)],
  }
}

/** The mean over all samples, so that a short batch counts by its actual size. */
function meanGauge(kernels: Kernels, name: string, output: LiveOutput): Gauge {
  const { forward } = output
  return {
    names: [name],
    sums: 1,
    outputs: [output],
    tally(totals, start, samples) {
      kernels.tally(totals, start, forward.tensor, samples)
    },
    figures: ([sum = 0], samples) => [sum / samples],
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

/** What feeds an input of a node; undefined where it is open. */
function sourceOf({ nodes }: Engine, { resolved }: LiveNode, name: string): End | undefined {
  const input = resolved.inputs.find(input => input.name === name)
  const node = input && nodes.get(input.producer.id)
  return node && { node, output: node.output(input.output) }
}

/** The prediction and the target of a loss. With several losses, the name includes the loss. */
function ownPair(
  engine: Engine,
  asked: AskedMetric,
  loss: LiveNode,
  { isOneOfSeveral, place }: { readonly isOneOfSeveral: boolean; readonly place: string },
): Pair {
  const {
    id,
    resolved: { config },
  } = loss
  const target = sourceOf(engine, loss, 'target') as End
  const { name: own = asked.definition.type, fromLogits = config.fromLogits === true } = asked
  const name = isOneOfSeveral ? `${id}.${own}` : own
  const weight = sourceOf(engine, loss, 'weight')?.output
  return {
    name,
    asked,
    fromLogits,
    prediction: (sourceOf(engine, loss, 'prediction') as End).output,
    target: target.output,
    weights: weightsOf(engine, asked, weight && { output: weight, isMask: true }, `${place}, "${name}"`),
    column: target.node.id,
  }
}

/** The two ports of an attached metric. */
function pairOf(engine: Engine, asked: AskedMetric, prediction: string, target: string, place: string): Pair {
  const { definition, fromLogits = false, name = `${prediction}.${definition.type}` } = asked
  const end = portOf(engine, target, place)
  return {
    name,
    asked,
    fromLogits,
    prediction: portOf(engine, prediction, place).output,
    target: end.output,
    weights: weightsOf(engine, asked, undefined, place),
    column: end.node.id,
  }
}

/** What the answers count, if not all count once. By default, what a loss does not count is left out. */
function weightsOf(
  engine: Engine,
  { weights }: AskedMetric,
  ofLoss: PairWeights | undefined,
  place: string,
): PairWeights | undefined {
  if (weights === false) return undefined
  if (typeof weights === 'string') return { output: portOf(engine, weights, place).output, isMask: false }
  if (weights === undefined) return ofLoss
  if (ofLoss) return { ...ofLoss, isMask: false }
  throw new GradstreamError('METRIC_MISMATCH', {
    place,
    expected: 'a loss with weights, because of weights: true',
    got: 'one without',
    hint: "Pass weights to the loss, loss(prediction, target, weight), or name them: weights: 'weight'.",
  })
}

/** Targets have the shape of the predictions; classes may be told by their numbers. */
function demandFit(pair: Pair, place: string): Pair {
  const { name, asked, prediction, target } = pair
  const { definition, config } = asked
  const rows = prediction.shape.slice(0, -1)
  const isByNumber =
    definition.expects(config) === 'classes' &&
    (sameShape(target.shape, [...rows, 1]) || sameShape(target.shape, rows))
  demandWeights(pair, place)
  if (sameShape(prediction.shape, target.shape) || isByNumber) return pair
  throw new GradstreamError('SHAPE_MISMATCH', {
    place: `${place}, "${name}"`,
    expected: `a target of the shape ${showShape(prediction.shape)} of the prediction`,
    got: showShape(target.shape),
    hint: `Attach the metric to two ports of the same shape: { metric: '${definition.type}', prediction, target }.`,
  })
}

/** There is a weight for each sample, for each row of the prediction, or, where entries are answers of their own, for each entry. */
function demandWeights({ name, asked, prediction, weights }: Pair, place: string): void {
  if (!weights) return
  const { definition, config } = asked
  const shape = withRank(prediction.shape, Math.max(prediction.shape.length, 2))
  const counted = definition.expects(config) === 'classes' ? [...shape.slice(0, -1), 1] : shape
  const own = withRank(weights.output.shape, counted.length)
  const fits =
    own.length === counted.length && own.every((length, axis) => length === 1 || length === counted[axis])
  if (fits) return
  throw new GradstreamError('SHAPE_MISMATCH', {
    place: `${place}, "${name}"`,
    expected: `weights for the answers ${showShape(counted)}`,
    got: showShape(weights.output.shape),
    hint: 'Give a weight for each sample or for each answer, or leave all out with weights: false.',
  })
}

/** The names of the classes of a target, or their numbers. */
function classesOf({ prediction, column }: Pair, classNames: MeterSettings['classNames']): readonly string[] {
  const count = (prediction.shape.length > 1 && prediction.shape.at(-1)) || 1
  const known = classNames(column)
  return known?.length === count ? known : Array.from({ length: count }, (_, c) => String(c))
}

function portOf({ graph, nodes }: Engine, name: string, place: string): End {
  const ref = Object.hasOwn(graph.outputs, name) ? graph.outputs[name] : undefined
  const node = nodes.get(ref?.node ?? name)
  const output = ref ? node?.outputs.find(candidate => candidate.name === ref.output) : node?.outputs[0]
  if (node && output) return { node, output }
  throw new GradstreamError('UNKNOWN_NAME', {
    place,
    expected: `an output of the graph or a node: ${listOf([...Object.keys(graph.outputs), ...nodes.keys()])}`,
    got: `"${name}"`,
  })
}

function demandDistinct(gauges: readonly Gauge[], place: string): void {
  const names = new Set<string>()
  for (const name of gauges.flatMap(({ names }) => names).flatMap(name => [name, validated(name)])) {
    if (names.has(name)) {
      throw new GradstreamError('DUPLICATE_NAME', {
        place,
        expected: 'metrics with different names',
        got: `"${name}" twice`,
        hint: 'Give one of them another name: { metric, name }.',
      })
    }
    names.add(name)
  }
}

/** The name of a figure for the validation data. */
export const validated = (name: string): string => `validation${name.charAt(0).toUpperCase()}${name.slice(1)}`
