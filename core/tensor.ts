/** Tensors: a shape over a typed array. */
import { byName, callable, checkedAt, oneOf } from './checks.ts'
import { GradstreamError, show } from './errors.ts'
import { INSPECT, recordOf } from './record.ts'
import { type Shape, sizeOf } from './shape.ts'
import { adviceOn, attempt, THING, type Thing } from './things.ts'

export type Precision = 'float32' | 'float64'
export type Numbers = Float32Array | Float64Array

/** Numbers as nested arrays: `[[1, 2], [3, 4]]`. */
export type Nested = number | readonly Nested[]

/** An array of numbers, such as a `Float32Array`. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array

/** Nested arrays whose rows may be typed arrays. */
export type Rows = number | TypedArray | readonly Rows[]

/** A tensor as JSON. */
export interface TensorJson {
  shape: number[]
  data: number[]
}

/** Everything that is accepted as a tensor. */
export type TensorLike = Tensor | Rows | { readonly shape: Shape; readonly data: ArrayLike<number> }

/**
 * An array of numbers with a shape, row-major.
 *
 * A tensor that a stream emits is lent: its numbers are valid during the emission, and `clone()` keeps them.
 * Tensors need no disposal.
 */
export class Tensor {
  readonly shape: Shape
  protected numbers: Numbers

  constructor(shape: Shape, data: Numbers) {
    // Subclasses made by kernels guarantee their size.
    if (new.target === Tensor) demandNumbers(shape, data)
    this.shape = shape
    this.numbers = data
  }

  /** For error texts. */
  get [THING](): Thing {
    return { kind: 'tensor', words: `a tensor of shape [${this.shape.join(', ')}]` }
  }

  /** The entries, row-major. */
  get data(): Numbers {
    return this.numbers
  }

  /** How many entries there are. */
  get size(): number {
    return this.numbers.length
  }

  /** A copy that is yours. */
  clone(): Tensor {
    return new Tensor(this.shape, this.data.slice())
  }

  /** The numbers of a tensor on any device, as a copy that is yours. */
  async read(): Promise<Tensor> {
    return this.clone()
  }

  /** The Euclidean norm: the square root of the sum of the squares. */
  norm(): number {
    let sum = 0
    for (let i = 0; i < this.data.length; i++) sum += (this.data[i] as number) ** 2
    return Math.sqrt(sum)
  }

  /** The only entry of a tensor with one entry, such as a loss. */
  item(): number {
    if (this.data.length === 1) return this.data[0] as number
    throw new GradstreamError('SHAPE_MISMATCH', {
      place: 'tensor.item()',
      expected: 'a tensor with one entry',
      got: `${this.data.length} entries`,
      hint: 'For more entries, use data or toNested().',
    })
  }

  /** Nested arrays: a number for a scalar, `number[][]` for a matrix. */
  toNested(): Nested {
    let offset = 0
    const level = (axis: number): Nested =>
      axis === this.shape.length
        ? (this.data[offset++] as number)
        : Array.from({ length: this.shape[axis] as number }, () => level(axis + 1))
    return level(0)
  }

  toJSON(): TensorJson {
    return { shape: [...this.shape], data: Array.from(this.data) }
  }

  /** Shape, precision and the first numbers: `Tensor [114, 1] float32 [0.98, 0.02, 0.5, ...]`. */
  toString(): string {
    const { data, shape } = this
    const precision: Precision = data instanceof Float64Array ? 'float64' : 'float32'
    const first = Array.from(data.subarray(0, SHOWN), shortNumber)
    if (data.length > SHOWN) first.push('...')
    const numbers = shape.length === 0 ? first.join() : `[${first.join(', ')}]`
    return `Tensor [${shape.join(', ')}] ${precision} ${numbers}`
  }

  /** The same for `console.log` in Node; deep inside of other things, the shape alone. */
  [INSPECT](depth: number | null = null): string {
    return depth !== null && depth < 0 ? `[Tensor [${this.shape.join(', ')}]]` : this.toString()
  }
}

/** How many numbers of a tensor to show. */
const SHOWN = 6

/** Six digits, and whole numbers as they are. */
function shortNumber(value: number): string {
  if (Object.is(value, -0)) return '-0'
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)))
}

export function allocate(precision: Precision, size: number): Numbers {
  return precision === 'float64' ? new Float64Array(size) : new Float32Array(size)
}

/**
 * Makes a new tensor from nested arrays, `{ shape, data }` or a tensor.
 *
 * @throws GradstreamError `SHAPE_MISMATCH` for ragged arrays or a length that does not fit the shape,
 *   `DATA_NOT_FINITE` for entries that are not numbers.
 * @example tensor([[1, 2], [3, 4]]).shape // [2, 2]
 */
export function tensor(values: TensorLike, precision: Precision = 'float32', place = 'tensor'): Tensor {
  checkedAt('tensor', 'INVALID_OPTION', () => oneOf({ precision }, ['float32', 'float64']))
  const { shape, data } = shaped(values, precision, typeof place === 'string' ? place : 'tensor')
  return new Tensor(shape, data)
}

interface Shaped {
  readonly shape: readonly number[]
  readonly data: Numbers
}

function shaped(values: TensorLike, precision: Precision, place: string): Shaped {
  // A lent tensor that is read too late throws its own error; let it pass.
  const own = attempt(() => values instanceof Tensor) ? (values as Tensor) : undefined
  const like =
    (own && { shape: own.shape, data: own.data }) ??
    attempt(() => (isFlat(values) ? { shape: values.shape, data: values.data } : undefined))
  if (like) return flat(like, precision, place)
  try {
    return nested(values as Rows, precision, place)
  } catch (thrown) {
    if (thrown instanceof GradstreamError) throw thrown
    throw notNumbers(place, 'nested arrays of numbers', values, '', thrown)
  }
}

const isFlat = (values: unknown): values is { readonly shape: unknown; readonly data: unknown } =>
  typeof values === 'object' && values !== null && 'shape' in values && 'data' in values

/** The most entries of a tensor, more than an array can have. */
const MOST = 2 ** 32

function flat(
  { shape, data }: { shape: unknown; data: unknown },
  precision: Precision,
  place: string,
): Shaped {
  const isListed = Array.isArray(data) || isNumbers(data)
  if (!isListed) {
    const expected = 'a list of numbers under data'
    throw new GradstreamError('SHAPE_MISMATCH', { place, expected, got: show(data) })
  }
  const isShape =
    Array.isArray(shape) &&
    shape.length <= DEEPEST &&
    shape.every(length => Number.isSafeInteger(length) && length >= 0)
  if (!isShape || sizeOf(shape) !== data.length) {
    throw new GradstreamError('SHAPE_MISMATCH', {
      place,
      expected: isShape
        ? `${sizeOf(shape)} entries for the shape [${shape.join(', ')}]`
        : 'a shape of whole numbers',
      got: isShape ? String(data.length) : show(shape),
      hint: 'Make shape and data agree.',
    })
  }
  const odd = Array.isArray(data) ? data.findIndex(value => typeof value !== 'number') : -1
  if (odd >= 0) throw notNumbers(place, 'numbers', data[odd], ` at entry ${odd}`)
  const copy = allocated(precision, data.length, place)
  copy.set(data as ArrayLike<number>)
  return { shape: [...shape], data: copy }
}

function nested(values: Rows, precision: Precision, place: string): Shaped {
  const shape: number[] = []
  for (let level: Rows | undefined = values; isList(level); level = level[0]) {
    if (shape.length === DEEPEST) throw tooDeep(place)
    shape.push(level.length)
  }
  const data = allocated(precision, sizeOf(shape), place)
  let offset = 0
  const fill = (value: Rows, axis: number, path: string): void => {
    const length = shape[axis]
    if (length === undefined) {
      if (isList(value)) throw unevenly(`${place}${path}`, 'a number', show(value))
      if (typeof value !== 'number') throw notNumbers(`${place}${path}`, 'a number', value)
      data[offset++] = value
    } else {
      if (!isList(value) || value.length !== length) {
        if (!isList(value) && typeof value !== 'number')
          throw notNumbers(`${place}${path}`, `an array of ${length}`, value)
        const got = isList(value) ? `one of ${value.length}` : show(value)
        throw unevenly(`${place}${path}`, `an array of ${length}, like the others`, got)
      }
      if (isNumbers(value)) {
        data.set(value, offset)
        offset += length
      } else for (let i = 0; i < length; i++) fill(value[i] as Rows, axis + 1, `${path}[${i}]`)
    }
  }
  fill(values, 0, '')
  return { shape, data }
}

/** The most axes of a tensor. */
const DEEPEST = 64

const isList = (value: unknown): value is readonly Rows[] | TypedArray =>
  Array.isArray(value) || isNumbers(value)

/** Whether it is a typed array of plain numbers. */
export const isNumbers = (value: unknown): value is TypedArray =>
  ArrayBuffer.isView(value) &&
  !(value instanceof DataView || value instanceof BigInt64Array || value instanceof BigUint64Array)

/** Room for so many numbers. @throws GradstreamError `TOO_LARGE` */
export function allocated(precision: Precision, size: number, place: string): Numbers {
  const made = size <= MOST ? attempt(() => allocate(precision, size)) : undefined
  if (made) return made
  throw new GradstreamError('TOO_LARGE', {
    place,
    expected: 'numbers that fit in memory',
    got: `${size} of them`,
    hint: 'Pass fewer at a time, or stream the samples with fromIterable().',
  })
}

const unevenly = (place: string, expected: string, got: string) =>
  new GradstreamError('SHAPE_MISMATCH', { place, expected, got, hint: 'Make all rows the same length.' })

const tooDeep = (place: string) =>
  new GradstreamError('SHAPE_MISMATCH', {
    place,
    expected: `arrays nested at most ${DEEPEST} deep`,
    got: 'deeper ones',
    hint: 'Use one level of arrays for each axis: [[1, 2], [3, 4]] has two axes.',
  })

/** The error for an entry that is not a number. A string is a label or a number in quotes. */
function notNumbers(
  place: string,
  expected: string,
  got: unknown,
  at = '',
  cause?: unknown,
): GradstreamError {
  let hint = adviceOn('data', got)
  if (typeof got === 'string') {
    const isNumber = got.trim() !== '' && Number.isFinite(Number(got))
    hint = isNumber
      ? `Convert it: Number(${show(got)}) is ${Number(got)}. To encode labels, use oneHot().`
      : "Encode labels with oneHot(), as in target: oneHot(['cat', 'dog', 'cat'])."
  }
  if (typeof got === 'boolean') hint = 'Write 1 for true and 0 for false.'
  if (typeof got === 'bigint') hint = 'Convert it: Number(value).'
  if (isPlainRows(got))
    hint = 'Pass a list of numbers for each row: rows.map(row => [row.length, row.width]).'
  hint ??= 'Pass numbers, such as [[1, 2], [3, 4]] for two rows.'
  return new GradstreamError('DATA_NOT_FINITE', { place, expected, got: show(got) + at, hint, cause })
}

const isPlainRows = (got: unknown) =>
  typeof got === 'object' && got !== null && attempt(() => Object.values(got).some(Number.isFinite)) === true

const isShapeOf = (shape: unknown, data: Numbers) =>
  Array.isArray(shape) && shape.length <= DEEPEST && sizeOf(shape) === data.length

function demandNumbers(shape: unknown, data: unknown): void {
  const isTyped = attempt(() => data instanceof Float32Array || data instanceof Float64Array) === true
  if (isTyped && attempt(() => isShapeOf(shape, data as Numbers)) === true) return
  throw new GradstreamError('SHAPE_MISMATCH', {
    place: 'new Tensor',
    expected: 'a shape, and a Float32Array or Float64Array of the same size',
    got: `${show(shape)} and ${isTyped ? `${(data as Numbers).length} numbers` : show(data)}`,
    hint: 'Use tensor([[1, 2], [3, 4]]) for nested arrays.',
  })
}

/** A tensor for each tensor of a record. */
export function mapTensors<Name extends string>(
  tensors: Record<Name, Tensor>,
  f: (tensor: Tensor, name: Name) => Tensor,
): Record<Name, Tensor> {
  const entries = checkedAt('mapTensors', 'INVALID_OPTION', () => {
    callable({ f })
    return byName({ tensors }) as [Name, Tensor][]
  })
  return recordOf(entries.map(([name, tensor]) => [name, f(tensor, name)] as const)) as Record<Name, Tensor>
}
