/** Tensors: a shape over a typed array. */
import { GradstreamError, show } from './errors.ts'
import { INSPECT, recordOf } from './record.ts'
import { type Shape, sizeOf } from './shape.ts'

export type Precision = 'float32' | 'float64'
export type Numbers = Float32Array | Float64Array

/** Numbers as nested arrays: `[[1, 2], [3, 4]]`. */
export type Nested = number | readonly Nested[]

/** A tensor as JSON. */
export interface TensorJson {
  shape: number[]
  data: number[]
}

/** What may be given where a tensor is asked for. */
export type TensorLike = Tensor | Nested | { readonly shape: Shape; readonly data: ArrayLike<number> }

/**
 * An array of numbers with a shape, row-major.
 *
 * A tensor that a stream emits is lent: its numbers are valid during the emission, and `clone()` keeps them.
 * Nobody disposes of a tensor.
 */
export class Tensor {
  readonly shape: Shape
  protected numbers: Numbers

  constructor(shape: Shape, data: Numbers) {
    this.shape = shape
    this.numbers = data
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
      hint: 'Use data or toNested() for more.',
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

/** How many numbers of a tensor are shown. */
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
 * Makes a tensor of one's own from nested arrays, `{ shape, data }` or a tensor.
 *
 * @throws GradstreamError `SHAPE_MISMATCH` for ragged arrays or a length that does not fit the shape,
 *   `DATA_NOT_FINITE` for entries that are no numbers.
 * @example tensor([[1, 2], [3, 4]]).shape // [2, 2]
 */
export function tensor(values: TensorLike, precision: Precision = 'float32', place = 'tensor'): Tensor {
  if (typeof values === 'object' && values !== null && 'shape' in values && 'data' in values) {
    const { shape, data } = values
    const listed = typeof data === 'object' && data !== null && typeof data.length === 'number'
    if (!listed) {
      const expected = 'a list of numbers under data'
      throw new GradstreamError('SHAPE_MISMATCH', { place, expected, got: show(data) })
    }
    const valid = Array.isArray(shape) && shape.every(length => Number.isSafeInteger(length) && length >= 0)
    if (!valid || sizeOf(shape) !== data.length) {
      throw new GradstreamError('SHAPE_MISMATCH', {
        place,
        expected: valid
          ? `${sizeOf(shape)} entries for the shape [${shape.join(', ')}]`
          : 'a shape of whole numbers',
        got: valid ? String(data.length) : show(shape),
        hint: 'Make shape and data agree.',
      })
    }
    const odd = Array.isArray(data) ? data.findIndex(value => typeof value !== 'number') : -1
    if (odd >= 0) {
      throw new GradstreamError('DATA_NOT_FINITE', {
        place,
        expected: 'numbers',
        got: `${show(data[odd])} at entry ${odd}`,
      })
    }
    const copy = allocate(precision, data.length)
    copy.set(data)
    return new Tensor([...shape], copy)
  }
  const shape: number[] = []
  for (let level: Nested | undefined = values as Nested; Array.isArray(level); level = level[0])
    shape.push(level.length)
  const data = allocate(precision, sizeOf(shape))
  let offset = 0
  const fill = (value: Nested, axis: number, path: string): void => {
    const length = shape[axis]
    if (length === undefined) {
      if (typeof value !== 'number') {
        throw new GradstreamError(Array.isArray(value) ? 'SHAPE_MISMATCH' : 'DATA_NOT_FINITE', {
          place: `${place}${path}`,
          expected: 'a number',
          got: show(value),
        })
      }
      data[offset++] = value
    } else {
      if (!Array.isArray(value) || value.length !== length) {
        throw new GradstreamError('SHAPE_MISMATCH', {
          place: `${place}${path}`,
          expected: `an array of ${length}, as its neighbours are`,
          got: Array.isArray(value) ? `one of ${value.length}` : show(value),
          hint: 'Make all rows equally long.',
        })
      }
      for (let i = 0; i < length; i++) fill(value[i] as Nested, axis + 1, `${path}[${i}]`)
    }
  }
  fill(values as Nested, 0, '')
  return new Tensor(shape, data)
}

/** A tensor for each tensor of a record. */
export function mapTensors<Name extends string>(
  tensors: Record<Name, Tensor>,
  f: (tensor: Tensor, name: Name) => Tensor,
): Record<Name, Tensor> {
  const entries = Object.entries(tensors) as [Name, Tensor][]
  return recordOf(entries.map(([name, tensor]) => [name, f(tensor, name)] as const)) as Record<Name, Tensor>
}
