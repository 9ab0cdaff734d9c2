/** Samples in memory. */
import {
  check,
  checkedAt,
  didYouMean,
  entryOf,
  GradstreamError,
  listOf,
  type Numbers,
  type Precision,
  RandomKey,
  recordOf,
  type Shape,
  show,
  sizeOf,
  Tensor,
  THING,
  type Thing,
} from '../../core/index.ts'
import { type Scaling, standardize } from './scaling.ts'
import { type Batch, type BatchCursor, checkedEpoch, type DataSource, type EpochOptions } from './source.ts'

/** One named column: all its samples one after another. */
export interface Column {
  /** The shape of one sample. */
  readonly shape: Shape
  readonly data: Numbers
  /** The names of the features or classes along the last axis, where they are known. */
  readonly names?: readonly string[]
}

export interface SplitOptions {
  /** The share of the samples that validation gets, between 0 and 1. Required. */
  readonly validation: number
  /** Decides which samples; 0 by default. */
  readonly seed?: number
}

export interface StandardizeOptions {
  /** Which columns are scaled; by default all but `target`. */
  readonly columns?: readonly string[]
}

export interface FoldsOptions {
  /** Decides which samples belong together; 0 by default. */
  readonly seed?: number
}

export interface Split {
  readonly train: Dataset
  readonly validation: Dataset
}

/** How a data set stands to the columns that it is a part of. */
interface Part {
  /** Which samples belong to it; all of them where it is left out. */
  readonly rows?: Uint32Array
  /** The columns to standardize, and the part whose mean and deviation are used: this one if left out. */
  readonly standardized?: readonly string[]
  readonly fittedOn?: Dataset
}

/** Samples in memory, with named columns. Made by `fromArrays` and `csv`. Immutable. */
export class Dataset implements DataSource {
  readonly size: number
  readonly columns: Readonly<Record<string, Column>>
  private readonly part: Part
  private fitted: Readonly<Record<string, Scaling>> | undefined
  private prepared: { key: object; precision: Precision; columns: Record<string, Numbers> } | undefined

  /** For error texts. */
  get [THING](): Thing {
    return { kind: 'data', words: 'a data set' }
  }

  constructor(columns: Readonly<Record<string, Column>>, part: Part = {}) {
    this.columns = recordOf(Object.entries(columns))
    this.part = part
    const [first] = Object.values(columns)
    this.size = part.rows?.length ?? (first ? first.data.length / (sizeOf(first.shape) || 1) : 0)
    if (this.size === 0) {
      throw new GradstreamError('DATA_EMPTY', { place: 'data', expected: 'at least one sample', got: 'none' })
    }
  }

  get shapes(): Readonly<Record<string, Shape>> {
    return recordOf(Object.entries(this.columns).map(([name, { shape }]) => [name, shape] as const))
  }

  /** Mean and deviation of the standardized columns, fitted on the training part alone. */
  get scalings(): Readonly<Record<string, Scaling>> {
    if (this.part.fittedOn) return this.part.fittedOn.scalings
    this.fitted ??= recordOf((this.part.standardized ?? []).map(name => [name, this.fit(name)] as const))
    return this.fitted
  }

  /** The names of the classes of a column with one-hot labels. */
  classes(column = 'target'): readonly string[] {
    const { names = [], shape } = this.known(column)
    return (shape.at(-1) ?? 1) > 1 ? names : []
  }

  /** One column as a tensor [samples, ...shape] of raw values, as `predict` takes them. */
  column(name: string): Tensor {
    const { shape, data } = this.known(name)
    const { rows } = this.part
    const raw = rows ? gather(data, sizeOf(shape), rows, new Float64Array(rows.length * sizeOf(shape))) : data
    return new Tensor([this.size, ...shape], raw)
  }

  /**
   * Scales columns to mean 0 and deviation 1, feature by feature; by default all columns but `target`. The
   * figures come from the training part alone: after a `split`, from its `train`. The trainer keeps them with the
   * model, so that `predict` takes raw rows.
   */
  standardize(options: StandardizeOptions = {}): Dataset {
    const { columns = Object.keys(this.columns).filter(name => name !== 'target') } = checkedAt(
      'standardize',
      'INVALID_OPTION',
      () => check.options(options, ['columns']),
    )
    checkedAt('standardize', 'INVALID_OPTION', () => check.texts({ columns }))
    for (const name of columns) this.known(name)
    return new Dataset(this.columns, { ...this.part, standardized: columns })
  }

  /**
   * Divides the samples at random in two.
   *
   * @throws GradstreamError `INVALID_OPTION`, `DATA_EMPTY` where a part would have no sample.
   */
  split(options: SplitOptions): Split {
    const { validation, seed = 0 } = checkedAt('split', 'INVALID_OPTION', () =>
      check.options(options, ['validation', 'seed']),
    )
    checkedAt('split', 'INVALID_OPTION', () => {
      check.fraction({ validation })
      check.integer({ seed })
    })
    const order = RandomKey.of(seed).child('split').permutation(this.size)
    return this.divide(order, 0, Math.round(this.size * validation))
  }

  /**
   * Divides the samples at random in `count` parts, each of which is the validation part once.
   *
   * @throws GradstreamError `INVALID_OPTION` for more parts than samples.
   */
  folds(count: number, options: FoldsOptions = {}): Split[] {
    const { seed = 0 } = checkedAt('folds', 'INVALID_OPTION', () => {
      check.positiveInteger({ count })
      return check.options(options, ['seed'])
    })
    checkedAt('folds', 'INVALID_OPTION', () => check.integer({ seed }))
    if (count < 2 || count > this.size) {
      throw new GradstreamError('INVALID_OPTION', {
        place: 'folds',
        expected: `count from 2 to the ${this.size} samples`,
        got: String(count),
      })
    }
    const order = RandomKey.of(seed).child('split').permutation(this.size)
    const edge = (fold: number) => Math.round((fold * this.size) / count)
    return Array.from({ length: count }, (_, fold) => this.divide(order, edge(fold), edge(fold + 1)))
  }

  epoch(options: EpochOptions): BatchCursor {
    const { batchSize, shuffle, precision } = checkedEpoch(options)
    // As it was given: what is prepared for it is known by it.
    const { scalings = NONE } = options
    const columns = this.prepare(precision, scalings)
    return new DatasetCursor(this, columns, batchSize, shuffle?.permutation(this.size))
  }

  private divide(order: Uint32Array, from: number, to: number): Split {
    const { rows, standardized } = this.part
    const rowsOf = (places: Uint32Array) => (rows ? places.map(place => rows[place] as number) : places)
    const rest = new Uint32Array([...order.subarray(0, from), ...order.subarray(to)])
    const scaled = standardized && { standardized }
    const train = new Dataset(this.columns, { ...scaled, rows: rowsOf(rest) })
    const held = { ...scaled, rows: rowsOf(order.slice(from, to)), fittedOn: train }
    return { train, validation: new Dataset(this.columns, held) }
  }

  /** The samples of this part in one piece, standardized, in the precision of the kernels; kept for the next epoch. */
  private prepare(
    precision: Precision,
    scalings: Readonly<Record<string, Scaling>>,
  ): Record<string, Numbers> {
    if (this.prepared?.key === scalings && this.prepared.precision === precision) return this.prepared.columns
    const columns = recordOf(
      Object.entries(this.columns).map(([name, { shape, data }]): [string, Numbers] => {
        const { rows } = this.part
        const scaling = entryOf(scalings, name)
        const wanted = precision === 'float64' ? data instanceof Float64Array : data instanceof Float32Array
        if (wanted && !rows && !scaling) return [name, data]
        // Standardized in float64, rounded once.
        const exact = rows
          ? gather(data, sizeOf(shape), rows, new Float64Array(rows.length * sizeOf(shape)))
          : Float64Array.from(data)
        if (scaling) standardize(exact, scaling)
        return [name, precision === 'float64' ? exact : Float32Array.from(exact)]
      }),
    )
    this.prepared = { key: scalings, precision, columns }
    return columns
  }

  private fit(name: string): Scaling {
    const { data, shape } = this.column(name)
    const features = shape.at(-1) as number
    const count = data.length / features
    const mean = new Array<number>(features).fill(0)
    const squares = new Array<number>(features).fill(0)
    for (let i = 0; i < data.length; i++)
      mean[i % features] = (mean[i % features] as number) + (data[i] as number) / count
    for (let i = 0; i < data.length; i++) {
      const centred = (data[i] as number) - (mean[i % features] as number)
      squares[i % features] = (squares[i % features] as number) + centred ** 2 / count
    }
    // A feature that is always the same says nothing, and is left at 0.
    return { mean, deviation: squares.map(square => Math.sqrt(square) || 1) }
  }

  private known(name: string): Column {
    const column = typeof name === 'string' ? entryOf(this.columns, name) : undefined
    if (column) return column
    throw new GradstreamError('UNKNOWN_NAME', {
      place: 'data',
      expected: `one of the columns ${listOf(Object.keys(this.columns))}`,
      got: show(name),
      ...didYouMean(name, Object.keys(this.columns)),
    })
  }
}

class DatasetCursor implements BatchCursor, Batch {
  size = 0
  private start = 0
  private readonly total: number
  private readonly columns: Record<string, Numbers>
  private readonly batchSize: number
  private readonly order: Uint32Array | undefined

  constructor(
    { size }: Dataset,
    columns: Record<string, Numbers>,
    batchSize: number,
    order: Uint32Array | undefined,
  ) {
    this.total = size
    this.columns = columns
    this.batchSize = batchSize
    this.order = order
  }

  next(): Batch | undefined {
    this.start += this.size
    this.size = Math.min(this.batchSize, this.total - this.start)
    return this.size > 0 ? this : undefined
  }

  write(column: string, into: Numbers): void {
    const data = this.columns[column] as Numbers
    const { start, size, order } = this
    const length = into.length / size
    if (order) gather(data, length, order, into, start, size)
    else into.set(data.subarray(start * length, (start + size) * length))
  }

  close(): void {
    this.start = this.total
    this.size = 0
  }
}

/** No standardization, always the same one. */
const NONE: Readonly<Record<string, Scaling>> = recordOf()

/** Rows from this length on are copied as a piece: to make the piece takes as long as to copy so many numbers. */
const LONG_ROW = 64

/** Copies `count` rows of `length` numbers, those that stand in `rows` from `start` on. */
function gather(
  data: Numbers,
  length: number,
  rows: Uint32Array,
  into: Numbers,
  start = 0,
  count = rows.length,
): Numbers {
  for (let i = 0; i < count; i++) {
    const from = (rows[start + i] as number) * length
    const to = i * length
    if (length >= LONG_ROW) into.set(data.subarray(from, from + length), to)
    else for (let j = 0; j < length; j++) into[to + j] = data[from + j] as number
  }
  return into
}
