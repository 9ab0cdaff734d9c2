/** Samples in memory. */
import {
  check,
  checkedAt,
  didYouMeanName,
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
import { type Fill, type Filled, fill, learned } from './filling.ts'
import { type Fitted, fitted, type Scaling, standardize } from './scaling.ts'
import { type Batch, type BatchCursor, checkedEpoch, type DataSource, type EpochOptions } from './source.ts'
import { stratified } from './stratified.ts'
import type { TableDescription } from './tables/description.ts'
import { type ColumnEncoding, classesOf, type Encoder, widthOf } from './tables/encoder.ts'

export type { Fill } from './filling.ts'

/** One named column: all its samples, one after another. */
export interface Column {
  /** The shape of one sample. */
  readonly shape: Shape
  readonly data: Numbers
  /** The names of the features or classes along the last axis, if known. */
  readonly names?: readonly string[]
}

export interface SplitOptions {
  /** The share of the samples for validation, between 0 and 1. Required. */
  readonly validation: number
  /** The seed of the random choice; 0 by default. */
  readonly seed?: number
  /**
   * A column of classes, such as `'target'`: both parts get the same share of each class. By default the
   * split ignores classes.
   */
  readonly stratify?: string
}

export interface StandardizeOptions {
  /** The columns to scale; by default all but `target`. */
  readonly columns?: readonly string[]
}

export interface FoldsOptions {
  /** The seed of the random choice; 0 by default. */
  readonly seed?: number
  /** A column of classes: each fold gets the same share of each class. By default the folds ignore classes. */
  readonly stratify?: string
}

export interface Split {
  readonly train: Dataset
  readonly validation: Dataset
}

/** What a data set knows about the table it came from. */
export interface Table {
  /** What its columns mean; fills and standardization are learned later. */
  readonly encoder: Encoder
  /** What replaces empty cells, which are NaN in the columns. */
  readonly fills: Readonly<Record<string, readonly Fill[]>>
  /** Whether the encoder comes from other data, through `like`. */
  readonly isFitted: boolean
  readonly description: TableDescription
}

/** The part of the columns that a data set covers. */
interface Part {
  /** The samples of the part; by default all. */
  readonly rows?: Uint32Array
  /** The columns to standardize, and the part whose mean and deviation to use: by default this one. */
  readonly standardized?: readonly string[]
  readonly fittedOn?: Dataset
  readonly table?: Table
}

/** Samples in memory, with named columns. Made by `fromArrays`, `csv`, `parquet` and `arrayOf`. Immutable. */
export class Dataset implements DataSource {
  readonly size: number
  readonly columns: Readonly<Record<string, Column>>
  private readonly part: Part
  private scales: Readonly<Record<string, Scaling>> | undefined
  private fits: readonly (readonly [column: string, fit: Fitted])[] | undefined
  private fills: Readonly<Record<string, readonly Filled[]>> | undefined
  private prepared: { key: object; precision: Precision; columns: Record<string, Numbers> } | undefined

  constructor(columns: Readonly<Record<string, Column>>, part: Part = {}) {
    this.columns = recordOf(Object.entries(columns))
    this.part = part
    const [first] = Object.values(columns)
    this.size = part.rows?.length ?? (first ? first.data.length / (sizeOf(first.shape) || 1) : 0)
    if (this.size === 0) {
      throw new GradstreamError('DATA_EMPTY', { place: 'data', expected: 'at least one sample', got: 'none' })
    }
  }

  /** For error texts. */
  get [THING](): Thing {
    return { kind: 'data', words: 'a data set' }
  }

  get shapes(): Readonly<Record<string, Shape>> {
    return recordOf(Object.entries(this.columns).map(([name, { shape }]) => [name, shape] as const))
  }

  /** Mean and deviation of the standardized columns, from the training part only. */
  get scalings(): Readonly<Record<string, Scaling>> {
    const { table } = this.part
    if (table?.isFitted) return table.encoder.scalings
    this.scales ??= recordOf(this.learned.map(([name, { scaling }]) => [name, scaling] as const))
    return this.scales
  }

  /** The standardized features that are constant in the training part, by column. */
  get constantFeatures(): Readonly<Record<string, readonly string[]>> {
    if (this.part.table?.isFitted) return recordOf()
    return recordOf(
      this.learned.map(([name, { isConstant }]) => {
        const { names } = this.known(name)
        return [name, isConstant.flatMap((is, i) => (is ? [names?.[i] ?? `feature ${i}`] : []))] as const
      }),
    )
  }

  /** The figures of the standardized columns, learned from the training part. */
  private get learned(): readonly (readonly [column: string, fit: Fitted])[] {
    const { fittedOn = this, standardized = [] } = this.part
    this.fits ??= standardized.map(name => {
      const isScaled = this.scaledEntries(name)
      return [name, fitted(fittedOn.column(name), fittedOn.known(name).data, isScaled)] as const
    })
    return this.fits
  }

  /** Whether each number of a row is one to scale: numbers of categories are not. */
  private scaledEntries(name: string): readonly boolean[] | undefined {
    const { features, targets } = this.part.table?.encoder ?? {}
    const encodings = name === 'x' ? features : name === 'target' ? targets : undefined
    return encodings?.flatMap(each => Array<boolean>(widthOf(each)).fill(each.type !== 'index'))
  }

  /**
   * How the columns of the table become numbers, as plain data, with everything learned from the training
   * part. It reads more files the same way: `csv(path, { like: encoder })`. Undefined if the data is not from
   * a table.
   */
  get encoder(): Encoder | undefined {
    const { table } = this.part
    if (table === undefined || table.isFitted) return table?.encoder
    const { encoder } = table
    const withFills = (name: string, encodings: readonly ColumnEncoding[]) =>
      encodings.map((encoding, index): ColumnEncoding => {
        const found = this.filled[name]?.find(each => each.index === index)
        if (found === undefined) return encoding
        const { type, categories = [] } = encoding
        const place = type === 'category' ? found.values.indexOf(1) : (found.values[0] as number)
        return {
          ...encoding,
          fill:
            type === 'number' || type === 'date'
              ? (found.values[0] as number)
              : (categories[place] as string),
        }
      })
    return {
      ...encoder,
      features: withFills('x', encoder.features),
      targets: withFills('target', encoder.targets),
      scalings: this.scalings,
    }
  }

  /** How the table was read, with every guess that was made. For other data, its columns. */
  describe(): TableDescription {
    const { table } = this.part
    if (table) return { ...table.description, rows: this.size }
    const columns = Object.keys(this.columns).map(name => ({
      name,
      use: name === 'target' ? ('target' as const) : ('feature' as const),
    }))
    return { source: 'arrays', rows: this.size, dropped: 0, columns, guesses: [] }
  }

  /** The names of the classes of a column with one-hot labels, or of a target with class numbers. */
  classes(column = 'target'): readonly string[] {
    const { names = [], shape } = this.known(column)
    const [target, ...others] = (column === 'target' && this.part.table?.encoder.targets) || []
    if (target?.type === 'index' && others.length === 0) return classesOf(target)
    return (shape.at(-1) ?? 1) > 1 ? names : []
  }

  /**
   * A copy of one column as a tensor [samples, ...shape] of raw values, ready for `predict`.
   *
   * @param samples the places of the samples to copy, from 0; by default all of them
   * @throws GradstreamError `UNKNOWN_NAME`; `INVALID_OPTION` for places where there is no sample
   */
  column(name: string, samples?: readonly number[]): Tensor {
    if (samples !== undefined) demandPlaces(samples, this.size)
    const chosen = samples && Uint32Array.from(samples)
    return new Tensor([chosen?.length ?? this.size, ...this.known(name).shape], this.raw(name, chosen))
  }

  /**
   * Scales columns to mean 0 and deviation 1, feature by feature; by default all columns but `target`. The
   * figures come from the training part only: after a `split`, from its `train`. A constant feature is only
   * centred. The trainer keeps the figures with the model, so `predict` takes raw rows and returns raw
   * targets.
   * @throws GradstreamError `UNKNOWN_NAME`; `DATA_MISMATCH` if it was read `like` data that is not standardized
   */
  standardize(options: StandardizeOptions = {}): Dataset {
    const { columns = Object.keys(this.columns).filter(name => name !== 'target') } = checkedAt(
      'standardize',
      'INVALID_OPTION',
      () => check.options(options, ['columns']),
    )
    checkedAt('standardize', 'INVALID_OPTION', () => check.texts({ columns }))
    for (const name of columns) this.known(name)
    const { table } = this.part
    const missing =
      table?.isFitted && columns.find(name => entryOf(table.encoder.scalings, name) === undefined)
    if (typeof missing === 'string') {
      throw new GradstreamError('DATA_MISMATCH', {
        place: 'standardize',
        expected: `a standardization of "${missing}" in the training data passed as like`,
        got: 'none',
        hint: 'Standardize the training data first, and pass the result as like.',
      })
    }
    return new Dataset(this.columns, { ...this.part, standardized: columns })
  }

  /**
   * Splits the samples randomly into two parts.
   *
   * @throws GradstreamError `INVALID_OPTION`, `DATA_EMPTY` if a part would have no samples.
   */
  split(options: SplitOptions): Split {
    const {
      validation,
      seed = 0,
      stratify,
    } = checkedAt('split', 'INVALID_OPTION', () => check.options(options, ['validation', 'seed', 'stratify']))
    checkedAt('split', 'INVALID_OPTION', () => {
      check.fraction({ validation })
      check.integer({ seed })
      if (stratify !== undefined) check.text({ stratify })
    })
    return this.divide(this.order(seed, stratify), 0, Math.round(this.size * validation))
  }

  /**
   * Splits the samples randomly into `count` parts. Each part validates once.
   *
   * @throws GradstreamError `INVALID_OPTION` for more parts than samples.
   */
  folds(count: number, options: FoldsOptions = {}): Split[] {
    const { seed = 0, stratify } = checkedAt('folds', 'INVALID_OPTION', () => {
      check.positiveInteger({ count })
      return check.options(options, ['seed', 'stratify'])
    })
    checkedAt('folds', 'INVALID_OPTION', () => {
      check.integer({ seed })
      if (stratify !== undefined) check.text({ stratify })
    })
    if (count < 2 || count > this.size) {
      throw new GradstreamError('INVALID_OPTION', {
        place: 'folds',
        expected: `count from 2 to the ${this.size} samples`,
        got: String(count),
      })
    }
    const order = this.order(seed, stratify)
    const edge = (fold: number) => Math.round((fold * this.size) / count)
    return Array.from({ length: count }, (_, fold) => this.divide(order, edge(fold), edge(fold + 1)))
  }

  epoch(options: EpochOptions): BatchCursor {
    const { batchSize, shuffle, precision, scalings } = checkedEpoch(options)
    const columns = this.prepare(precision, scalings)
    return new DatasetCursor(this, columns, batchSize, shuffle?.permutation(this.size))
  }

  /** All samples in random order. If stratified, every stretch holds each class in its share. */
  private order(seed: number, stratify?: string): Uint32Array {
    const order = RandomKey.of(seed).child('split').permutation(this.size)
    return stratify === undefined ? order : stratified(order, this.column(stratify), stratify)
  }

  private divide(order: Uint32Array, from: number, to: number): Split {
    const { rows, standardized, table } = this.part
    const rowsOf = (places: Uint32Array) => (rows ? places.map(place => rows[place] as number) : places)
    const rest = new Uint32Array([...order.subarray(0, from), ...order.subarray(to)])
    const scaled = { ...(standardized && { standardized }), ...(table && { table }) }
    const train = new Dataset(this.columns, { ...scaled, rows: rowsOf(rest) })
    const held = { ...scaled, rows: rowsOf(order.slice(from, to)), fittedOn: train }
    return { train, validation: new Dataset(this.columns, held) }
  }

  /**
   * The samples of this part in one array, standardized, in the precision of the kernels. Kept for the next
   * epoch.
   */
  private prepare(
    precision: Precision,
    scalings: Readonly<Record<string, Scaling>>,
  ): Record<string, Numbers> {
    if (this.prepared?.key === scalings && this.prepared.precision === precision) return this.prepared.columns
    const columns = recordOf(
      Object.entries(this.columns).map(([name, { data }]): [string, Numbers] => {
        const scaling = entryOf(scalings, name)
        const wanted = precision === 'float64' ? data instanceof Float64Array : data instanceof Float32Array
        if (wanted && !this.part.rows && !scaling && !this.filled[name]) return [name, data]
        // Standardize in float64 and round once.
        const exact = this.raw(name)
        if (scaling) standardize(exact, scaling)
        return [name, precision === 'float64' ? exact : Float32Array.from(exact)]
      }),
    )
    this.prepared = { key: scalings, precision, columns }
    return columns
  }

  /** The values that replace empty cells, learned from the training part. */
  private get filled(): Readonly<Record<string, readonly Filled[]>> {
    const { fittedOn, table } = this.part
    if (fittedOn) return fittedOn.filled
    this.fills ??= recordOf(
      Object.entries(table?.fills ?? {})
        .filter(([, fills]) => fills.length > 0)
        .map(
          ([name, fills]) =>
            [name, fills.map(each => learned(each, this.gathered(name), this.known(name)))] as const,
        ),
    )
    return this.fills
  }

  /** The samples of a column, or the chosen ones of them, with empty cells as NaN. */
  private gathered(name: string, chosen?: Uint32Array): Float64Array {
    const { shape, data } = this.known(name)
    const { rows: own } = this.part
    const rows = own && chosen ? chosen.map(place => own[place] as number) : (chosen ?? own)
    if (!rows) return Float64Array.from(data)
    return gather(data, sizeOf(shape), rows, new Float64Array(rows.length * sizeOf(shape))) as Float64Array
  }

  /** The samples of a column, with empty cells filled. */
  private raw(name: string, chosen?: Uint32Array): Float64Array {
    const data = this.gathered(name, chosen)
    for (const each of this.filled[name] ?? []) fill(data, sizeOf(this.known(name).shape), each)
    return data
  }

  private known(name: string): Column {
    const column = typeof name === 'string' ? entryOf(this.columns, name) : undefined
    if (column) return column
    throw new GradstreamError('UNKNOWN_NAME', {
      place: 'data',
      expected: `one of the columns ${listOf(Object.keys(this.columns))}`,
      got: show(name),
      ...didYouMeanName(name, Object.keys(this.columns)),
    })
  }
}

/** @throws GradstreamError `INVALID_OPTION` for what is no list of places of so many samples */
function demandPlaces(samples: readonly number[], size: number): void {
  const holds = (place: unknown) =>
    Number.isInteger(place) && (place as number) >= 0 && (place as number) < size
  if (Array.isArray(samples) && samples.every(holds)) return
  throw new GradstreamError('INVALID_OPTION', {
    place: 'column',
    expected: `a list of places of samples, from 0 to ${size - 1}`,
    got: show(samples),
  })
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

/** From this length on, rows are copied with subarray(), which costs about as much as copying this many numbers. */
const LONG_ROW = 64

/** Copies `count` rows of `length` numbers, listed in `rows` from `start`. */
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
