/** The primitive operations in plain JavaScript, one after another, with every sum taken in float64. */
import {
  type Arithmetic,
  type Contraction,
  ENTRY_OPERATIONS,
  type EntryOperation,
  entryShape,
  type Fold,
  freeAxes,
  type Lookup,
  type Numbers,
  type Options,
  type Shape,
  sameShape,
  shapeOf,
  sizeOf,
  Tensor,
  threefry2x32,
  type Windows,
} from '../../core/index.ts'
import { erf } from './erf.ts'
import { placesOf, repeatedStrides, stridesOf } from './places.ts'

/**
 * An entry operation on numbers. A branch that is taken again and again costs next to nothing; calling one of many functions
 * for each entry would take three times as long.
 */
export function scalar(operation: EntryOperation, a: number, b: number, c = Number.NaN): number {
  switch (operation) {
    case 'add':
      return a + b
    case 'sub':
      return a - b
    case 'mul':
      return a * b
    case 'div':
      return a / b
    case 'max':
      return Math.max(a, b)
    case 'min':
      return Math.min(a, b)
    case 'less':
      return Number(a < b)
    case 'equal':
      return Number(a === b)
    case 'where':
      return a !== 0 ? b : c
    case 'pow':
      return power(a, b)
    case 'neg':
      return -a
    case 'abs':
      return Math.abs(a)
    case 'floor':
      return Math.floor(a)
    case 'sqrt':
      return Math.sqrt(a)
    case 'exp':
      return Math.exp(a)
    case 'expm1':
      return Math.expm1(a)
    case 'log':
      return Math.log(a)
    case 'log1p':
      return Math.log1p(a)
    case 'sin':
      return Math.sin(a)
    case 'cos':
      return Math.cos(a)
    case 'tanh':
      return Math.tanh(a)
    case 'sigmoid':
      return sigmoid(a)
    case 'erf':
      return erf(a)
  }
}

/** From the side on which all digits are kept and nothing overflows. */
function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x))
  return x > 0 ? 1 / (1 + e) : e / (1 + e)
}

/** As in C, and unlike JavaScript, 1 to any power is 1. */
function power(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b
}

/** Where a fold starts, and its next step. */
export const START: Readonly<Record<Fold, number>> = {
  sum: 0,
  max: Number.NEGATIVE_INFINITY,
  min: Number.POSITIVE_INFINITY,
}

export const folded = (fold: Fold, result: number, x: number): number =>
  scalar(fold === 'sum' ? 'add' : fold, result, x)

/** What an operation with options does: the numbers of its result, from those of its operands. */
type Rules = {
  readonly [Name in keyof Options]: (
    y: Tensor,
    operands: readonly [Tensor, Tensor],
    options: Options[Name],
  ) => void
}

const RULES: Rules = {
  reshape: (y, [x]) => y.data.set(x.data),
  permute(y, [x], { axes }) {
    const strides = stridesOf(x.shape)
    take(
      y,
      x,
      axes.map(axis => strides[axis] as number),
    )
  },
  expand: (y, [x]) => take(y, x, repeatedStrides(y.shape, x.shape)),
  slice: (y, [x], { starts }) => take(y, x, stridesOf(x.shape), starts),
  flip(y, [x], { axes }) {
    const strides = stridesOf(x.shape).map((stride, axis) => (axes.includes(axis) ? -stride : stride))
    take(
      y,
      x,
      strides,
      x.shape.map((length, axis) => (axes.includes(axis) ? 1 - length : 0)),
    )
  },
  windows: (y, [x], windows) => take(y, x, windowStrides(x.shape, windows)),
  overlapAdd(y, [x], windows) {
    const places = placesOf(x.shape, windowStrides(y.shape, windows))
    const sums = new Float64Array(y.size)
    for (let i = 0; i < places.length; i++) add(sums, places[i] as number, x.data[i] as number)
    y.data.set(sums)
  },
  contract: product,
  reduce(y, [x], { fold, axes }) {
    const strides = stridesOf(y.shape)
    let kept = 0
    reduced(
      y,
      x,
      placesOf(
        x.shape,
        x.shape.map((_, axis) => (axes.includes(axis) ? 0 : (strides[kept++] as number))),
      ),
      fold,
    )
  },
  reduceWindows(y, [x], { fold, ...windows }) {
    const shape = [...y.shape, ...windows.sizes]
    const every = new Tensor(shape, new Float64Array(sizeOf(shape)))
    take(every, x, windowStrides(x.shape, windows))
    reduced(y, every, placesOf(shape, [...stridesOf(y.shape), ...windows.sizes.map(() => 0)]), fold)
  },
  pad(y, [x], { before }) {
    y.data.fill(0)
    put(y, x, offset(stridesOf(y.shape), before))
  },
  concatenate(y, operands, { axis }) {
    let start = 0
    for (const x of operands) {
      put(y, x, start * (stridesOf(y.shape)[axis] as number))
      start += x.shape[axis] as number
    }
  },
  cumulativeSum(y, [x], { axis }) {
    const stride = stridesOf(x.shape)[axis] as number
    const run = stride * (x.shape[axis] as number)
    const sums = Float64Array.from(x.data)
    for (let i = 0; i < sums.length; i++) if (i % run >= stride) add(sums, i, sums[i - stride] as number)
    y.data.set(sums)
  },
  argSort(y, [x]) {
    const length = x.shape.at(-1) as number
    const order = (a: number, b: number) =>
      a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b))
    for (let start = 0; start < x.size; start += length) {
      const row = x.data.subarray(start, start + length)
      const places = Array.from(row.keys()).sort((i, j) => order(row[i] as number, row[j] as number))
      y.data.set(places, start)
    }
  },
  gather(y, [x, indices], lookup) {
    const places = lookedUp(x.shape, indices, lookup)
    for (let i = 0; i < places.length; i++) y.data[i] = x.data[places[i] as number] ?? Number.NaN
  },
  scatterAdd(y, [x, indices], lookup) {
    const places = lookedUp(y.shape, indices, lookup)
    const sums = new Float64Array(y.size)
    for (let i = 0; i < places.length; i++) {
      const place = places[i] as number
      if (place >= 0) add(sums, place, x.data[i] as number)
      else sums.fill(Number.NaN)
    }
    y.data.set(sums)
  },
  iota(y) {
    for (let i = 0; i < y.size; i++) y.data[i] = i
  },
  uniform(y, [key]) {
    const words = wordsOf(key)
    for (let i = 0; i < y.size; i++) y.data[i] = (words(0, i >> 1, i & 1) >>> 8) / DIGITS
  },
  bernoulli(y, [key, probability]) {
    const words = wordsOf(key)
    const scaled = (probability.data[0] as number) * HALF
    const limit = Math.floor(scaled)
    for (let i = 0; i < y.size; i++) {
      // Of 16 entries and four counters, each half of each word of all four in turns.
      const word = words(0, 4 * (i >> 4) + (i & 3), (i >> 3) & 1)
      const half = i & 4 ? Math.floor(word / HALF) : word % HALF
      const isBelow = half === limit ? words(1, i, 0) / HALF / HALF < scaled - limit : half < limit
      y.data[i] = Number(isBelow)
    }
  },
}

/** How many values half a word has, and the numbers of `uniform`. */
const [HALF, DIGITS] = [65_536, 16_777_216]

/** A word of what counters become under a key. */
function wordsOf({ data }: Tensor): (c0: number, c1: number, word: number) => number {
  const [a, b, c, d] = data as unknown as readonly [number, number, number, number]
  const [k0, k1] = [a * HALF + b, c * HALF + d]
  const words = new Uint32Array(2)
  let [last0, last1] = [Number.NaN, Number.NaN]
  return (c0, c1, word) => {
    if (c0 !== last0 || c1 !== last1) threefry2x32(k0, k1, c0, c1, words)
    last0 = c0
    last1 = c1
    return words[word] as number
  }
}

const add = (sums: Float64Array, place: number, x: number) => {
  sums[place] = (sums[place] as number) + x
}

/** Folds x, of whose entries each has its place in y. */
function reduced(y: Tensor, x: Tensor, places: Int32Array, fold: Fold): void {
  const results = new Float64Array(y.size).fill(START[fold])
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as number
    results[place] = folded(fold, results[place] as number, x.data[i] as number)
  }
  y.data.set(results)
}

/** Puts x into y, from a place on. */
function put(y: Tensor, x: Tensor, start: number): void {
  const places = placesOf(x.shape, stridesOf(y.shape), start)
  for (let i = 0; i < places.length; i++) y.data[places[i] as number] = x.data[i] as number
}

function windowStrides(shape: Shape, { axes, strides, dilations }: Windows): readonly number[] {
  const own = stridesOf(shape)
  const along = own.map((stride, axis) => stride * (strides[axes.indexOf(axis)] ?? 1))
  return [...along, ...axes.map((axis, i) => (own[axis] as number) * (dilations[i] as number))]
}

/** For each entry that is looked up, its place in a tensor of this shape; -1 where there is none. */
function lookedUp(shape: Shape, indices: Tensor, { axis, batch }: Lookup): Int32Array {
  const [shared, before, after] = [
    shape.slice(0, batch),
    shape.slice(batch, axis),
    shape.slice(axis + 1),
  ].map(sizeOf) as [number, number, number]
  const length = shape[axis] as number
  const count = sizeOf(indices.shape.slice(batch))
  const places = new Int32Array(shared * before * count * after)
  for (let i = 0; i < places.length; i++) {
    const row = Math.floor(i / (count * after))
    const entry = Math.floor(i / after) % count
    const index = indices.data[Math.floor(row / before) * count + entry] as number
    const isThere = Number.isInteger(index) && index >= 0 && index < length
    places[i] = isThere ? (row * length + index) * after + (i % after) : -1
  }
  return places
}

/** y is made of entries of x: those at the places from `starts` on, by the strides. */
function take(y: Tensor, x: Tensor, strides: readonly number[], starts: readonly number[] = []): void {
  const places = placesOf(y.shape, strides, offset(strides, starts))
  for (let i = 0; i < places.length; i++) y.data[i] = x.data[places[i] as number] as number
}

const offset = (strides: readonly number[], starts: readonly number[]): number =>
  starts.reduce((sum, start, axis) => sum + start * (strides[axis] as number), 0)

export class ReferenceArithmetic implements Arithmetic<Tensor> {
  /** A tensor with undefined entries. */
  private readonly empty: (shape: Shape) => Tensor

  constructor(empty: (shape: Shape) => Tensor) {
    this.empty = empty
  }

  entry(operation: EntryOperation, ...operands: readonly (Tensor | number)[]): Tensor {
    if (operands.length !== ENTRY_OPERATIONS[operation]) throw new Error(`${operation} has other operands`)
    const y = this.empty(
      entryShape(
        operation,
        operands.map(x => (typeof x === 'number' ? [] : x.shape)),
      ),
    )
    const [a, b = NONE, c = NONE] = operands.map(x => repeated(x, y.shape))
    fill(y.data, operation, a as Numbers, b, c)
    return y
  }

  apply<Name extends keyof Options>(
    operation: Name,
    operands: readonly Tensor[],
    options: Options[Name],
  ): Tensor {
    const shape = shapeOf(
      operation,
      operands.map(x => x.shape),
      options,
    )
    const [x] = operands
    // The same numbers, without a copy.
    if (operation === 'reshape' && x) return new Tensor(shape, x.data)
    const y = this.empty(shape)
    RULES[operation](y, operands as unknown as readonly [Tensor, Tensor], options)
    return y
  }
}

function product(y: Tensor, [a, b]: readonly [Tensor, Tensor], { batch, sum }: Contraction): void {
  const { packed: left, free: rows } = packed(a, batch.map(first), sum.map(first))
  const { packed: right, free: columns } = packed(b, batch.map(second), sum.map(second))
  const along = sizeOf(sum.map(([axis]) => a.shape[axis] as number))
  let i = 0
  for (let row = 0; row < y.size / columns; row++) {
    const start = Math.floor(row / rows) * columns
    for (let column = start; column < start + columns; column++)
      y.data[i++] = dot(left, row * along, right, column * along, along)
  }
}

const first = ([axis]: readonly [number, number]): number => axis
const second = ([, axis]: readonly [number, number]): number => axis

/** The numbers of an operand in float64: for each entry of the batch and of the free axes, those to sum along side by side. */
function packed(
  { shape, data }: Tensor,
  batch: readonly number[],
  sum: readonly number[],
): { packed: Float64Array; free: number } {
  const free = freeAxes(shape, [...batch, ...sum])
  const axes = [...batch, ...free, ...sum]
  const strides = stridesOf(shape)
  const of = (values: readonly number[]) => axes.map(axis => values[axis] as number)
  const places = placesOf(of(shape), of(strides))
  const packed = new Float64Array(places.length)
  for (let i = 0; i < places.length; i++) packed[i] = data[places[i] as number] as number
  return { packed, free: sizeOf(free.map(axis => shape[axis] as number)) }
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, length: number): number {
  let total = 0
  for (let k = 0; k < length; k++) total += (a[i + k] as number) * (b[j + k] as number)
  return total
}

/** An operand of an entry operation: its entries as they are in a larger shape, or one for all. */
function repeated(x: Tensor | number, shape: Shape): Numbers {
  if (typeof x === 'number') return Float64Array.of(x)
  if (sameShape(x.shape, shape)) return x.data
  const places = placesOf(shape, repeatedStrides(shape, x.shape))
  // In float64, which holds numbers of both precisions as they are.
  const entries = new Float64Array(places.length)
  for (let i = 0; i < places.length; i++) entries[i] = x.data[places[i] as number] as number
  return entries
}

/** Where there is no operand. */
const NONE = Float64Array.of(Number.NaN)

function fill(y: Numbers, operation: EntryOperation, a: Numbers, b: Numbers, c: Numbers): void {
  const [stepA, stepB, stepC] = [a, b, c].map(({ length }) => Number(length > 1)) as [number, number, number]
  for (let i = 0; i < y.length; i++)
    y[i] = scalar(operation, a[i * stepA] as number, b[i * stepB] as number, c[i * stepC] as number)
}
