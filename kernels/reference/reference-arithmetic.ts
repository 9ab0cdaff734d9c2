/** The primitive operations in plain JavaScript, one after another, with every sum taken in float64. */
import {
  type Arithmetic,
  type Contraction,
  contractShape,
  ENTRY_OPERATIONS,
  type EntryOperation,
  entryShape,
  freeAxes,
  type Numbers,
  type Options,
  SHAPES,
  type Shape,
  sameShape,
  sizeOf,
  Tensor,
} from '../../core/index.ts'
import { erf } from './erf.ts'
import { placesOf, repeatedStrides, stridesOf } from './places.ts'

/** The entry operations on numbers. */
export const SCALAR: Readonly<Record<EntryOperation, (a: number, b: number, c: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
  less: (a, b) => Number(a < b),
  equal: (a, b) => Number(a === b),
  where: (condition, a, b) => (condition !== 0 ? a : b),
  neg: x => -x,
  abs: Math.abs,
  floor: Math.floor,
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  erf,
}

export const FOLDED = {
  sum: { start: 0, take: (a: number, b: number) => a + b },
  max: { start: Number.NEGATIVE_INFINITY, take: Math.max },
  min: { start: Number.POSITIVE_INFINITY, take: Math.min },
}

/** What an operation with options does: the numbers of its result, from those of its operand. */
type Rules = {
  readonly [Name in keyof Options]: (y: Tensor, x: Tensor, options: Options[Name]) => void
}

const RULES: Rules = {
  reshape: (y, x) => y.data.set(x.data),
  permute(y, x, { axes }) {
    const strides = stridesOf(x.shape)
    take(
      y,
      x,
      axes.map(axis => strides[axis] as number),
    )
  },
  expand: (y, x) => take(y, x, repeatedStrides(y.shape, x.shape)),
  slice: (y, x, { starts }) => take(y, x, stridesOf(x.shape), starts),
  flip(y, x, { axes }) {
    const strides = stridesOf(x.shape).map((stride, axis) => (axes.includes(axis) ? -stride : stride))
    take(
      y,
      x,
      strides,
      x.shape.map((length, axis) => (axes.includes(axis) ? 1 - length : 0)),
    )
  },
  pad(y, x, { before }) {
    const places = placesOf(x.shape, stridesOf(y.shape), offset(stridesOf(y.shape), before))
    y.data.fill(0)
    for (let i = 0; i < places.length; i++) y.data[places[i] as number] = x.data[i] as number
  },
  reduce(y, x, { fold, axes }) {
    const { start, take } = FOLDED[fold]
    const strides = stridesOf(y.shape)
    let kept = 0
    const places = placesOf(
      x.shape,
      x.shape.map((_, axis) => (axes.includes(axis) ? 0 : (strides[kept++] as number))),
    )
    const results = new Float64Array(y.size).fill(start)
    for (let i = 0; i < places.length; i++) {
      const place = places[i] as number
      results[place] = take(results[place] as number, x.data[i] as number)
    }
    y.data.set(results)
  },
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
    const [a = NONE, b = NONE, c = NONE] = operands.map(x => repeated(x, y.shape))
    const formula = SCALAR[operation]
    const { data } = y
    for (let i = 0; i < data.length; i++) data[i] = formula(at(a, i), at(b, i), at(c, i))
    return y
  }

  apply<Name extends keyof Options>(operation: Name, x: Tensor, options: Options[Name]): Tensor {
    const shape = SHAPES[operation](x.shape, options)
    // The same numbers, without a copy.
    if (operation === 'reshape') return new Tensor(shape, x.data)
    const y = this.empty(shape)
    RULES[operation](y, x, options)
    return y
  }

  contract(a: Tensor, b: Tensor, { batch, sum }: Contraction): Tensor {
    const y = this.empty(contractShape(a.shape, b.shape, { batch, sum }))
    const pairs = [...batch, ...sum]
    const [left, right] = [a, b].map(({ shape }, of) => {
      const named = (list: typeof batch) => list.map(pair => pair[of] as number)
      const groups = [named(batch), freeAxes(shape, named(pairs)), named(sum)]
      const strides = stridesOf(shape)
      return groups.map(axes =>
        placesOf(
          axes.map(axis => shape[axis] as number),
          axes.map(axis => strides[axis] as number),
        ),
      )
    }) as [Int32Array[], Int32Array[]]
    const [batchA, rows, along] = left as [Int32Array, Int32Array, Int32Array]
    const [batchB, columns, beside] = right as [Int32Array, Int32Array, Int32Array]
    let i = 0
    for (let n = 0; n < batchA.length; n++) {
      for (const row of rows) {
        for (const column of columns) {
          const [startA, startB] = [(batchA[n] as number) + row, (batchB[n] as number) + column]
          y.data[i++] = product(a.data, startA, along, b.data, startB, beside)
        }
      }
    }
    return y
  }
}

function product(
  a: Numbers,
  startA: number,
  along: Int32Array,
  b: Numbers,
  startB: number,
  beside: Int32Array,
): number {
  let total = 0
  for (let k = 0; k < along.length; k++)
    total += (a[startA + (along[k] as number)] as number) * (b[startB + (beside[k] as number)] as number)
  return total
}

/** An operand of an entry operation: a number, or the entries of a tensor as they are in a larger shape. */
type Operand = number | Numbers

function repeated(x: Tensor | number, shape: Shape): Operand {
  if (typeof x === 'number') return x
  if (sameShape(x.shape, shape)) return x.data
  const places = placesOf(shape, repeatedStrides(shape, x.shape))
  // In float64, which holds numbers of both precisions as they are.
  const entries = new Float64Array(sizeOf(shape))
  for (let i = 0; i < places.length; i++) entries[i] = x.data[places[i] as number] as number
  return entries
}

/** Where there is no operand. */
const NONE = Number.NaN

const at = (x: Operand, i: number): number => (typeof x === 'number' ? x : (x[i] as number))
