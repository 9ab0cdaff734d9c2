/** The totals of a metric: where each stands in one list of numbers. */
import {
  broadcastShape,
  CheckFailed,
  type Config,
  entriesOf,
  recordOf,
  type Shape,
  sameShape,
  show,
  Tensor,
  withRank,
} from '../../../core/index.ts'
import { lengthsOf, tallied, wrong } from './checked-definition.ts'
import type { MetricContext, MetricDefinition, MetricMoments } from './metric.ts'

interface Part {
  readonly name: string
  readonly kind: 'sum' | 'column' | 'moment'
  /** Its first number, and how many there are. */
  readonly at: number
  readonly length: number
}

/** Count, mean and squares. */
const MOMENTS = 3

export class Totals {
  /** How many numbers there are. */
  readonly size: number
  private readonly definition: MetricDefinition
  private readonly config: Config
  private readonly parts: readonly Part[]

  /** @throws GradstreamError `INVALID_CONFIG`; a check that fails where the metric is not made for so many classes */
  constructor(definition: MetricDefinition, config: Config, classes: number) {
    const columns = lengthsOf(definition, config, classes)
    const parts = [
      ...definition.sums.map(name => ({ name, kind: 'sum', length: 1 }) as const),
      ...columns.map(([name, length]) => ({ name, kind: 'column', length }) as const),
      ...definition.moments.map(name => ({ name, kind: 'moment', length: MOMENTS }) as const),
    ]
    let size = 0
    this.parts = parts.map(part => {
      const at = size
      size += part.length
      return { ...part, at }
    })
    this.size = size
    this.definition = definition
    this.config = config
  }

  /** Adds a batch to totals, from `start` on. */
  tally(
    totals: Tensor,
    start: number,
    values: { readonly prediction: Tensor; readonly target: Tensor },
    context: MetricContext,
  ): void {
    const { definition, config } = this
    const added = tallied(definition, () => definition.tally(values, config, context))
    if (entriesOf(added)?.length !== this.parts.length) throw this.wrongTally(added)
    for (const part of this.parts) this.add(context, totals, start + part.at, part, added)
  }

  private add(
    { kernels: k, weights }: MetricContext,
    totals: Tensor,
    place: number,
    part: Part,
    added: Readonly<Record<string, unknown>>,
  ): void {
    const { name, kind, length } = part
    const x = added[name]
    const w = this.definition.weighted ? undefined : weights
    if (kind === 'sum' && typeof x === 'number' && Number.isFinite(x)) {
      k.tally(totals, place, w ?? k.fill([], 1), w ? x / w.size : x)
      return
    }
    const isTensor = x instanceof Tensor && (kind !== 'column' || (x.shape.at(-1) ?? 1) === length)
    if (!isTensor) throw this.wrongTally(added)
    const own = w && k.reshape(w, this.fitting(w, x, name))
    if (kind === 'moment') {
      k.tallyMoments(totals, place, x, own && k.expand(own, x.shape))
      return
    }
    const counted = own ? k.mul(x, own) : x
    if (kind === 'sum') k.tally(totals, place, counted)
    else k.tallyColumns(totals, place, counted)
  }

  /** The shape of weights beside what is tallied. @throws where that has lost the axes that weights are for */
  private fitting(weights: Tensor, x: Tensor, name: string): Shape {
    const shape = withRank(weights.shape, x.shape.length)
    const keeps = x.shape[0] === weights.shape[0] && sameShape(broadcastShape(shape, x.shape) ?? [], x.shape)
    if (keeps) return shape
    const { type } = this.definition
    throw new CheckFailed(
      `weights [${weights.shape.join(', ')}] to be for what ${type} counts`,
      `${name} of the shape [${x.shape.join(', ')}]`,
      { hint: `Give a weight for each row of the prediction, or leave all out with weights: false.` },
    )
  }

  private wrongTally(added: unknown) {
    const wanted = this.parts.map(({ name, kind, length }) => {
      if (kind === 'sum') return `${name}, a tensor or a finite number`
      return kind === 'moment' ? `${name}, a tensor` : `${name}, a tensor with ${length} along its last axis`
    })
    const entries = entriesOf<unknown>(added as object)
    const shown = entries?.map(
      ([name, x]) => `${name}: ${x instanceof Tensor ? `[${x.shape.join(', ')}]` : show(x)}`,
    )
    return wrong(
      `defineMetric: ${this.definition.type}`,
      `tally to return ${wanted.join('; ')}`,
      shown ? `{ ${shown.join(', ')} }` : show(added),
      'Return one for each name in the definition.',
    )
  }

  /** The totals by name, as the definition takes them. */
  read(numbers: Float64Array): Readonly<Record<string, number | Float64Array | MetricMoments>> {
    return recordOf<number | Float64Array | MetricMoments>(
      this.parts.map(({ name, kind, at, length }) => {
        const own = numbers.subarray(at, at + length)
        const [count = 0, mean = 0, squares = 0] = own
        if (kind === 'sum') return [name, count] as const
        return [name, kind === 'moment' ? { count, mean, squares } : own] as const
      }),
    )
  }
}
