/** Checks that the targets are what the losses and metrics expect. */
import {
  allowed,
  type Demand,
  type ErrorReport,
  type Expectation,
  entryOf,
  type Fit,
  fitOf,
  fitsShape,
  GradstreamError,
  type Interval,
  intervalOf,
  isEveryNumber,
  isWholeNumbers,
  listOf,
  type Numbers,
  type PortShape,
  type Range,
  type ResolvedNode,
  type Shape,
  shapesAt,
  showExpectation,
  showRange,
  sizeOf,
} from '../../../core/index.ts'
import { Dataset } from '../../data/dataset.ts'
import { type Scaling, standardize } from '../../data/scaling.ts'
import type { DataSource } from '../../data/source.ts'
import type { Engine } from '../../engine/engine.ts'
import { isAsked } from '../../engine/indices.ts'
import { endsOf, measuredLosses } from '../meter.ts'
import type { AskedMetric, MetricTargets } from '../metrics/index.ts'
import { firstDoubtfulRow, firstMisfit, type Kind, type Misfit, traitsOf } from './misfit.ts'
import { asCategory, oneHot, showMisfit, type Target, wayOut } from './way-out.ts'

/** Receives possible mistakes. */
export type Warn = (warning: ErrorReport) => void

/** A check of a column. */
interface Question {
  /** What it is about, whatever the lengths are. */
  readonly id: string
  readonly column: string
  /** The shape of one sample at the input. */
  readonly sample: Shape
  find(data: Numbers): Misfit | undefined
  error(place: string, target: Target, isScaled: boolean): GradstreamError
  readonly severity: 'error' | 'warning'
}

/** What is known about the numbers under inspection. */
interface Look {
  readonly place: string
  /** The number of the first sample. */
  readonly numberOf: (place: number) => number
  readonly label: string | undefined
  readonly isScaled: boolean
}

export const isInMemory = (source: DataSource): source is Dataset => source instanceof Dataset

/** Runs the checks that the losses and metrics of a trainer require of its data. */
export class DataFit {
  private readonly demands: readonly Demand[]
  private questions: readonly Question[]
  /** The nodes that the questions are about, which are others for each length in a graph with open axes. */
  private nodes: readonly ResolvedNode[]
  private readonly engine: Engine
  private readonly questionsOf: (nodes: readonly ResolvedNode[], fit: Fit) => readonly Question[]
  private readonly warn: Warn
  /** Checks that have warned already and are not repeated. */
  private readonly warned = new Set<string>()
  private readonly constants = new Set<string>()

  /** @throws GradstreamError `UNKNOWN_NAME` */
  constructor(engine: Engine, metrics: readonly AskedMetric[], warn: Warn) {
    const nodes = [...engine.nodes.values()].map(({ resolved }) => resolved)
    const fit = fitOf(nodes)
    this.warn = warn
    this.demands = fit.demands.filter(({ input }) => isInput(input.producer))
    this.engine = engine
    this.questionsOf = (of, { ranges, demands }) => [
      ...demands.filter(({ input }) => isInput(input.producer)).flatMap(ofLoss),
      ...of.flatMap(node => ofReach(node, ({ producer, output }) => ranges.get(producer)?.[output])),
      ...ofMetrics(engine, metrics, { nodes: of, demands }),
    ]
    this.nodes = nodes
    this.questions = this.questionsOf(nodes, fit)
  }

  /** Asks what there is to ask about samples of such shapes. */
  private turnTo(sampleOf: (input: string) => Shape | undefined): void {
    const { openAxes, nodes: live } = this.engine
    const fits = (id: string, sample: Shape | undefined): sample is Shape =>
      sample !== undefined && fitsShape(sample, live.get(id)?.output('value').shape.slice(1) ?? [])
    const nodes = openAxes?.at(id => {
      const sample = sampleOf(id)
      // The feeder reports wrong shapes.
      return fits(id, sample) ? sample : undefined
    })
    if (nodes === undefined || nodes === this.nodes) return
    this.nodes = nodes
    this.questions = this.questionsOf(nodes, fitOf(nodes))
  }

  /**
   * Checks data in memory, once.
   *
   * @throws GradstreamError `TARGET_MISMATCH`, `INDEX_MISMATCH`, `METRIC_MISMATCH`
   */
  check(source: DataSource, scalings: Readonly<Record<string, Scaling>>, place: string): void {
    this.demandRows(source, place)
    if (!isInMemory(source)) return
    this.warnOfConstants(source, place)
    this.turnTo(column => entryOf(source.shapes, column))
    const columns = new Map<string, Numbers>()
    for (const question of this.questions) {
      const { column, sample } = question
      const known = entryOf(source.columns, column)
      // The feeder reports missing columns and wrong shapes.
      if (!known || sizeOf(known.shape) !== sizeOf(sample)) continue
      const scaling = entryOf(scalings, column)
      // If the whole column fits, so does every part of it; skip gathering the part.
      if (!scaling && !question.find(known.data)) continue
      let data = columns.get(column)
      if (!data) {
        const raw = source.column(column).data
        data = scaling ? Float64Array.from(raw) : raw
        if (scaling) standardize(data, scaling)
        columns.set(column, data)
      }
      const label = known.names?.length === 1 ? known.names[0] : undefined
      this.ask({ ...question, sample: known.shape }, question, data, {
        place,
        numberOf: row => row,
        label,
        isScaled: scaling !== undefined,
      })
    }
  }

  /**
   * Checks a batch of one column on arrival. `numberOf` gives the number of a sample in its source, `sampleOf` the shape of a sample.
   *
   * @throws GradstreamError `TARGET_MISMATCH`, `INDEX_MISMATCH`, `METRIC_MISMATCH`
   */
  checkBatch(
    column: string,
    data: Numbers,
    {
      numberOf,
      sampleOf,
      place,
    }: {
      readonly numberOf: (place: number) => number
      readonly sampleOf: (input: string) => Shape
      readonly place: string
    },
  ): void {
    this.turnTo(sampleOf)
    for (const question of this.questions) {
      if (question.column !== column) continue
      this.ask(question, question, data, { place, numberOf, label: undefined, isScaled: false })
    }
  }

  /** Warns if a source that is to be shuffled keeps its own order. */
  checkOrder(source: DataSource, place: string): void {
    if (source.keepsOrder !== true) return
    const warning = new GradstreamError('SHUFFLE_IGNORED', {
      place,
      expected: 'a stream with a shuffle window, because of shuffle: true',
      got: 'one without, whose samples keep the order of the source',
    })
    this.warn(warning.toJSON())
  }

  private ask(
    { column, sample }: Pick<Question, 'column' | 'sample'>,
    question: Question,
    data: Numbers,
    { place, numberOf, label, isScaled }: Look,
  ): void {
    if (this.warned.has(question.id)) return
    const misfit = question.find(data)
    if (!misfit) return
    const size = sizeOf(sample)
    const entry = misfit.isSum || size === 1 ? '' : `, entry ${misfit.index % size}`
    const at = `${place}, "${column}", sample ${numberOf(Math.floor(misfit.index / size))}${entry}`
    const target = { column, label, sample, traits: traitsOf(data), misfit }
    const error = question.error(at, target, isScaled)
    if (question.severity === 'error') throw error
    this.warned.add(question.id)
    this.warn(error.toJSON())
  }

  /** Warns of standardized features that are constant. */
  private warnOfConstants(source: Dataset, place: string): void {
    for (const [column, names] of Object.entries(source.constantFeatures)) {
      const kept = names.filter(name => !this.constants.has(`${column} ${name}`))
      for (const name of kept) this.constants.add(`${column} ${name}`)
      if (kept.length === 0) continue
      const warning = new GradstreamError('CONSTANT_FEATURE', {
        place: `${place}, "${column}"`,
        expected: 'features that vary',
        got: `the same value in every sample of ${listOf(kept)}`,
      })
      this.warn(warning.toJSON())
    }
  }

  /** Throws if targets are class numbers and the loss expects a row per sample. */
  private demandRows(source: DataSource, place: string): void {
    const { shapes } = source
    for (const { loss, input, expectation } of this.demands) {
      const column = input.producer.id
      const shape = shapes && entryOf(shapes, column)
      const sample = sampleOf(input.producer)
      const isNumber = shape && sizeOf(shape) === 1 && shape.length <= 1
      if (expectation !== 'distribution' || !isNumber || sample.length !== 1 || sizeOf(sample) < 2) continue
      const known = isInMemory(source) ? entryOf(source.columns, column) : undefined
      const label = known?.names?.[0]
      const classes =
        label === undefined
          ? oneHot(column, shape, sizeOf(sample), known && traitsOf(known.data))
          : asCategory(label)
      throw new GradstreamError('TARGET_MISMATCH', {
        place: `${place}, "${column}"`,
        expected: `rows of ${sizeOf(sample)} numbers that sum to 1, as "${loss.id}" requires`,
        got: 'one number for each sample',
        hint: `Write class numbers one-hot: ${classes}.`,
      })
    }
  }
}

const isInput = ({ definition }: ResolvedNode): boolean => definition.role === 'input'

const sampleOf = (input: ResolvedNode): Shape => (input.shapes.value ?? []).slice(1) as number[]

const widthOf = (sample: Shape): number => sample.at(-1) ?? 1

/** Checks that the node can compute something from the numbers. */
function ofLoss(demand: Demand): Question[] {
  const { loss, input, expectation } = demand
  const interval = allowed(expectation)
  if (isEveryNumber(interval) && !isWholeNumbers(expectation)) return []
  const sample = sampleOf(input.producer)
  const asked = { column: input.producer.id, sample }
  const expected = `${showExpectation(expectation)}, as "${loss.id}" requires`
  const kind: Kind = expectation === 'distribution' || isWholeNumbers(expectation) ? expectation : interval
  const hasWeights = loss.inputs.some(({ name }) => name === 'weight')
  const wrong: Question = {
    ...asked,
    id: `${loss.id}.${input.name}`,
    severity: 'error',
    find: data => firstMisfit(data, widthOf(sample), kind, index => isAsked(demand, index % sizeOf(sample))),
    error: (place, target, isScaled) =>
      new GradstreamError(isWholeNumbers(expectation) ? 'INDEX_MISMATCH' : 'TARGET_MISMATCH', {
        place,
        expected,
        got: showMisfit(target),
        hint: isScaled
          ? unscaled(target)
          : input.name === 'weight'
            ? 'A weight says how often a sample counts: give one that is to be left out the weight 0.'
            : wayOut(target, expectation),
      }),
  }
  const doubtful: Question = {
    ...asked,
    id: `${loss.id}.${input.name}, in doubt`,
    severity: 'warning',
    find: data => firstDoubtfulRow(data, widthOf(sample), hasWeights),
    error: (place, target) =>
      new GradstreamError('TARGET_MISMATCH', {
        place,
        expected,
        got: showMisfit(target),
        hint:
          target.misfit.value === 0
            ? 'The network learns nothing from a row of zeros. Give it a class, or remove the sample.'
            : wayOut(target, expectation),
      }),
  }
  return expectation === 'distribution' ? [wrong, doubtful] : [wrong]
}

const unscaled = ({ column }: Target) =>
  `Leave "${column}" out of standardize(): by default it scales only the other columns.`

/** Checks that the last activation can reach the targets. */
function ofReach(
  loss: ResolvedNode,
  rangeOf: (input: ResolvedNode['inputs'][number]) => Range | undefined,
): Question[] {
  const prediction = loss.inputs.find(({ name }) => name === 'prediction')
  const target = loss.inputs.find(({ name }) => name === 'target')
  if (loss.definition.role !== 'loss' || !prediction || !target || !isInput(target.producer)) return []
  const range = rangeOf(prediction)
  const asked = loss.definition.expects?.(loss.config, shapesAt(loss.inputs))
  const learns = asked && entryOf(asked, 'prediction')
  if (range === undefined || isEveryNumber(range) || learns !== 'numbers') return []
  const interval = intervalOf(range)
  const { id } = prediction.producer
  return [
    {
      id: `${loss.id}.target, in reach`,
      column: target.producer.id,
      sample: sampleOf(target.producer),
      severity: 'warning',
      find: data => firstMisfit(data, 1, interval),
      error: (place, found) =>
        new GradstreamError('TARGET_OUT_OF_REACH', {
          place,
          expected: `${showRange(interval)}, the range of "${id}"`,
          got: showMisfit(found),
          hint: `Remove "${id}" before "${loss.id}", or scale the targets.`,
        }),
    },
  ]
}

/** Checks that metrics make sense for the targets. */
function ofMetrics(
  engine: Engine,
  metrics: readonly AskedMetric[],
  { nodes, demands }: { readonly nodes: readonly ResolvedNode[]; readonly demands: readonly Demand[] },
): Question[] {
  const shaped = (node: ResolvedNode) => nodes.find(({ id }) => id === node.id) ?? node
  const losses = measuredLosses(engine, endsOf(engine))
  return metrics.flatMap(asked => {
    const { prediction, target: name } = asked
    if (prediction !== undefined && name !== undefined) {
      const { node: input } = portAt(engine, name)
      if (!input || !isInput(input)) return []
      const demand = demands.find(({ input: { producer } }) => producer.id === input.id)
      const { shape } = portAt(engine, prediction)
      return ofMetric(asked, shaped(input), shape, demand?.expectation, `"${prediction}"`, true)
    }
    return losses.flatMap(({ id, resolved }) => {
      const target = resolved.inputs.find(({ name }) => name === 'target')
      if (!target || !isInput(target.producer)) return []
      const demand = demands.find(({ loss, input }) => loss.id === resolved.id && input.name === target.name)
      const prediction = shaped(resolved).inputs.find(({ name }) => name === 'prediction')
      const shape = prediction?.producer.shapes[prediction.output]
      return ofMetric(
        asked,
        shaped(target.producer),
        shape,
        demand?.expectation,
        `"${id}"`,
        losses.length === 1,
      )
    })
  })
}

/** An output of the graph or a node, by its name; the trainer refuses what is none. */
function portAt({ graph, nodes }: Engine, name: string): { node?: ResolvedNode; shape?: PortShape } {
  const ref = entryOf(graph.outputs, name)
  const node = nodes.get(ref?.node ?? name)?.resolved
  if (!node) return {}
  const shape = node.shapes[ref?.output ?? (node.definition.outputs[0] as string)]
  return { node, ...(shape && { shape }) }
}

/** How many classes there are if targets name one by its number, beside predictions with an entry for each. */
function classesByNumber(input: ResolvedNode, prediction: PortShape | undefined): number | undefined {
  const [target, classes] = [input.shapes.value ?? [], prediction?.at(-1)]
  if (!prediction || prediction.length < 2 || typeof classes !== 'number' || classes < 2) return undefined
  const isShorter = target.length === prediction.length - 1
  return isShorter || (target.length === prediction.length && target.at(-1) === 1) ? classes : undefined
}

/** @param isAlone whether the metric is measured nowhere else, where it could make sense */
function ofMetric(
  { definition, config, name = definition.type }: AskedMetric,
  input: ResolvedNode,
  prediction: PortShape | undefined,
  expectation: Expectation | undefined,
  of: string,
  isAlone: boolean,
): Question[] {
  const asks = definition.expects(config)
  const sample = sampleOf(input)
  const width = widthOf(sample)
  if (asks === undefined || answers(asks, expectation, width)) return []
  const classes = asks === 'classes' ? classesByNumber(input, prediction) : undefined
  const kind: Kind =
    classes !== undefined
      ? { whole: [0, classes - 1] }
      : asks === 'labels' || width === 1
        ? 'yes or no'
        : 'distribution'
  const wanted =
    classes !== undefined
      ? `class numbers from 0 to ${classes - 1}`
      : kind === 'distribution'
        ? 'one-hot rows'
        : '0 or 1'
  const expected = `${wanted} for "${name}" of ${of}`
  return [
    {
      id: `${name} of ${of}`,
      column: input.id,
      sample,
      severity: isAlone && expectation !== undefined ? 'error' : 'warning',
      find: data =>
        firstMisfit(data, width, kind) ??
        (kind === 'distribution' ? firstDoubtfulRow(data, width) : undefined),
      error: (place, target) =>
        new GradstreamError('METRIC_MISMATCH', {
          place,
          expected,
          got: showMisfit(target),
          hint:
            classes === undefined
              ? metricWayOut(target, isAlone)
              : 'Number the classes from 0, with an entry of the prediction for each.',
        }),
    },
  ]
}

/** Whether targets that suit the loss also suit the metric. */
function answers(asks: MetricTargets, expectation: Expectation | undefined, width: number): boolean {
  if (expectation === 'distribution' || isWholeNumbers(expectation)) return true
  const isShare = expectation !== undefined && isUnit(allowed(expectation))
  return isShare && (asks === 'labels' || width === 1)
}

const isUnit = ([from, to]: Interval): boolean => from === 0 && to === 1

function metricWayOut({ traits: { values }, misfit }: Target, isAlone: boolean): string {
  const isYesOrNo = values?.every(value => value === 0 || value === 1)
  if (misfit.isSum && isYesOrNo) return "Use metrics: ['binaryAccuracy'], which counts each label by itself."
  if (values?.length === 2)
    return `Write the two as 0 and 1: t => (t === ${values[1]} ? 1 : 0); or use metrics: ['r2', 'meanAbsoluteError'].`
  const other = "Use metrics: ['r2', 'meanAbsoluteError'], which are for regression"
  return isAlone
    ? `${other}.`
    : `${other}, or attach this one to the classes only: { metric, prediction, target }.`
}
