/**
 * The primitive operations: what everything that is computed is made of, with the shape of what comes out.
 *
 * An operation has operands, which are tensors or numbers, and options, which are known before it runs. Numbers may change
 * from step to step; options may not.
 */
import { GradstreamError } from './errors.ts'
import { broadcastShape, type Shape, showShape, sizeOf } from './shape.ts'

/** Entry by entry; the number of operands stands beside the name. Shapes are combined by NumPy's broadcasting. */
export const ENTRY_OPERATIONS = {
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  max: 2,
  min: 2,
  pow: 2,
  less: 2,
  equal: 2,
  where: 3,
  neg: 1,
  abs: 1,
  floor: 1,
  sqrt: 1,
  exp: 1,
  expm1: 1,
  log: 1,
  log1p: 1,
  sin: 1,
  cos: 1,
  tanh: 1,
  sigmoid: 1,
  erf: 1,
} as const
export type EntryOperation = keyof typeof ENTRY_OPERATIONS

/** What a reduction does along the axes that it removes. */
export const FOLDS = ['sum', 'max', 'min'] as const
export type Fold = (typeof FOLDS)[number]

/** Windows that move along some axes: each is `sizes[i]` entries long, `dilations[i]` apart, and the next begins `strides[i]` further on. */
export interface Windows {
  readonly axes: readonly number[]
  readonly sizes: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
}

/** The operations that look at the same numbers in another way. They take no time unless the numbers have to be moved. */
export interface ViewOptions {
  /** The same numbers, row by row, under another shape. */
  readonly reshape: { readonly shape: Shape }
  /** Axis i of the result is axis `axes[i]` of the operand. */
  readonly permute: { readonly axes: readonly number[] }
  /** Repeats along axes of length 1, and along new ones in front, by NumPy's rule. */
  readonly expand: { readonly shape: Shape }
  /** By axis, `lengths[i]` entries from `starts[i]` on. */
  readonly slice: { readonly starts: readonly number[]; readonly lengths: readonly number[] }
  /** Turns the order along some axes round. */
  readonly flip: { readonly axes: readonly number[] }
  /** All windows that fit: their axes count windows, and new ones at the end go along each window. */
  readonly windows: Windows
}
export type ViewOperation = keyof ViewOptions

/** A product of two tensors, summed over pairs of axes. */
export interface Contraction {
  /** Pairs of axes that both have and the result keeps: it comes first in the result. */
  readonly batch: readonly (readonly [a: number, b: number])[]
  /** Pairs of axes that are summed over. */
  readonly sum: readonly (readonly [a: number, b: number])[]
}

/** Which axis is looked up, and how many axes in front the indices share with what they are looked up in. */
export interface Lookup {
  readonly axis: number
  readonly batch: number
}

export interface Options extends ViewOptions {
  /** A product of two. */
  readonly contract: Contraction
  /** Folds along some axes, which the result does not have. Over nothing, a sum is 0, and a largest entry -∞. */
  readonly reduce: { readonly fold: Fold; readonly axes: readonly number[] }
  /** Folds each window into one number. */
  readonly reduceWindows: Windows & { readonly fold: Fold }
  /** Zeros around: by axis, `before[i]` in front and `after[i]` behind. */
  readonly pad: { readonly before: readonly number[]; readonly after: readonly number[] }
  /** Any number of tensors, one behind the other along an axis. */
  readonly concatenate: { readonly axis: number }
  /** Of windows that overlap, the sum: zeros of these lengths along the axes, to which each window is added in its place. */
  readonly overlapAdd: Windows & { readonly lengths: readonly number[] }
  /** The sums of all entries up to each one, along an axis. */
  readonly cumulativeSum: { readonly axis: number }
  /** The places of the entries along the last axis from the smallest to the largest; equal ones stay in order, NaN comes last. */
  readonly argSort: Readonly<Record<string, never>>
  /** Of x and indices: the entries of x at these places of an axis, whose axes take its place. NaN where there is no such place. */
  readonly gather: Lookup
  /** Of y and indices: zeros, of this length along the axis, to which y is added at these places. NaN where there is no such place. */
  readonly scatterAdd: Lookup & { readonly length: number }
  /** Of nothing: 0, 1, 2, ... */
  readonly iota: { readonly length: number }
  /** Of a random key: numbers in [0, 1), entry i from the key and i alone. */
  readonly uniform: { readonly shape: Shape }
  /** Of a random key and a probability: 1 with this probability, else 0; entry i from the key and i alone. */
  readonly bernoulli: { readonly shape: Shape }
}

/** The axes of a tensor that a contraction does not name. */
export const freeAxes = (shape: Shape, named: readonly number[]): readonly number[] =>
  shape.flatMap((_, axis) => (named.includes(axis) ? [] : [axis]))

/** The shape of entries combined. @throws GradstreamError `SHAPE_MISMATCH` */
export function entryShape(operation: EntryOperation, shapes: readonly Shape[]): Shape {
  return shapes.reduce((all, shape) => {
    const combined = broadcastShape(all, shape)
    if (combined) return combined
    throw mismatch(operation, `a shape that fits ${showShape(all)}`, showShape(shape))
  }, [])
}

type ShapeRules = {
  readonly [Name in keyof Options]: (options: Options[Name], ...shapes: readonly Shape[]) => Shape
}

/** The shape of what an operation with options gives. @throws GradstreamError `SHAPE_MISMATCH` */
export function shapeOf<Name extends keyof Options>(
  operation: Name,
  shapes: readonly Shape[],
  options: Options[Name],
): Shape {
  return SHAPES[operation](options, ...shapes)
}

const SHAPES: ShapeRules = {
  reshape({ shape }, x = []) {
    if (sizeOf(x) !== sizeOf(shape))
      throw mismatch('reshape', `a shape of ${sizeOf(x)} entries`, showShape(shape))
    return shape
  },
  permute({ axes }, x = []) {
    const isOrder = axes.length === x.length && x.every((_, axis) => axes.includes(axis))
    if (!isOrder)
      throw mismatch('permute', `the axes 0 to ${x.length - 1} in some order`, `[${axes.join(', ')}]`)
    return axes.map(axis => x[axis] as number)
  },
  expand({ shape }, x = []) {
    const whole = broadcastShape(x, shape)
    const fits = whole?.length === shape.length && shape.every((length, axis) => length === whole[axis])
    if (!fits) throw mismatch('expand', `a shape that ${showShape(x)} can be repeated to`, showShape(shape))
    return shape
  },
  slice({ starts, lengths }, x = []) {
    const fits = x.every((length, axis) => {
      const [start = -1, count = -1] = [starts[axis], lengths[axis]]
      return start >= 0 && count >= 0 && start + count <= length
    })
    if (fits && starts.length === x.length) return lengths
    throw mismatch(
      'slice',
      `a part of ${showShape(x)}`,
      `[${lengths.join(', ')}] from [${starts.join(', ')}] on`,
    )
  },
  flip({ axes }, x = []) {
    demandAxes('flip', x, axes)
    return x
  },
  windows(windows, x = []) {
    demandAxes('windows', x, windows.axes)
    const counts = windowCounts(
      windows,
      windows.axes.map(axis => x[axis] as number),
    )
    return [...x.map((length, axis) => counts[windows.axes.indexOf(axis)] ?? length), ...windows.sizes]
  },
  contract({ batch, sum }, a = [], b = []) {
    const pairs = [...batch, ...sum]
    const [ofA, ofB] = [pairs.map(([axis]) => axis), pairs.map(([, axis]) => axis)]
    demandAxes('contract', a, ofA)
    demandAxes('contract', b, ofB)
    for (const [i, j] of pairs) {
      if (a[i] !== b[j])
        throw mismatch('contract', `axis ${j} of ${showShape(b)} to have length ${a[i]}`, String(b[j]))
    }
    const lengths = (shape: Shape, axes: readonly number[]) => axes.map(axis => shape[axis] as number)
    const kept = batch.map(([axis]) => a[axis] as number)
    return [...kept, ...lengths(a, freeAxes(a, ofA)), ...lengths(b, freeAxes(b, ofB))]
  },
  reduce({ axes }, x = []) {
    demandAxes('reduce', x, axes)
    return x.filter((_, axis) => !axes.includes(axis))
  },
  reduceWindows: ({ fold: _, ...windows }, x = []) => SHAPES.windows(windows, x).slice(0, x.length),
  pad({ before, after }, x = []) {
    const areCounts = [...before, ...after].every(count => Number.isInteger(count) && count >= 0)
    if (before.length === x.length && after.length === x.length && areCounts)
      return x.map((length, axis) => length + (before[axis] as number) + (after[axis] as number))
    throw mismatch(
      'pad',
      `two counts for each axis of ${showShape(x)}`,
      `[${before.join(', ')}] and [${after.join(', ')}]`,
    )
  },
  concatenate({ axis }, first, ...others) {
    if (!first) throw mismatch('concatenate', 'at least one tensor', 'none')
    demandAxes('concatenate', first, [axis])
    let length = first[axis] as number
    for (const shape of others) {
      const fits = shape.length === first.length && shape.every((of, i) => i === axis || of === first[i])
      if (!fits)
        throw mismatch('concatenate', `the shape ${showShape(first)} but for axis ${axis}`, showShape(shape))
      length += shape[axis] as number
    }
    return first.with(axis, length)
  },
  overlapAdd({ lengths, ...windows }, x = []) {
    const { axes, sizes } = windows
    const counts = windowCounts(windows, lengths)
    const rank = x.length - sizes.length
    const whole = x.slice(0, rank)
    demandAxes('overlapAdd', whole, axes)
    const fits =
      axes.every((axis, i) => whole[axis] === counts[i]) && sizes.every((size, i) => x[rank + i] === size)
    if (!fits)
      throw mismatch('overlapAdd', `[${counts}] windows of [${sizes}] along the axes [${axes}]`, showShape(x))
    return whole.map((length, axis) => lengths[axes.indexOf(axis)] ?? length)
  },
  cumulativeSum({ axis }, x = []) {
    demandAxes('cumulativeSum', x, [axis])
    return x
  },
  argSort(_, x = []) {
    if (x.length > 0) return x
    throw mismatch('argSort', 'at least one axis', showShape(x))
  },
  gather({ axis, batch }, x = [], indices = []) {
    demandAxes('gather', x, [axis])
    demandBatch('gather', x.slice(0, axis), indices, batch)
    return [...x.slice(0, axis), ...indices.slice(batch), ...x.slice(axis + 1)]
  },
  scatterAdd({ axis, batch, length }, y = [], indices = []) {
    demandBatch('scatterAdd', y.slice(0, axis), indices, batch)
    const rest = axis + indices.length - batch
    const fits = indices.slice(batch).every((count, i) => y[axis + i] === count) && rest <= y.length
    if (!fits)
      throw mismatch('scatterAdd', `the axes of ${showShape(indices)} from axis ${axis} on`, showShape(y))
    return [...y.slice(0, axis), length, ...y.slice(rest)]
  },
  iota({ length }) {
    if (Number.isInteger(length) && length >= 0) return [length]
    throw mismatch('iota', 'a whole number of entries', String(length))
  },
  uniform({ shape }, key = []) {
    demandKey('uniform', key)
    return shape
  },
  bernoulli({ shape }, key = [], probability = []) {
    demandKey('bernoulli', key)
    if (probability.length === 0) return shape
    throw mismatch('bernoulli', 'one probability', showShape(probability))
  },
}

/** The numbers of a random key: its two words of 32 bits in halves, which every precision holds. */
export const KEY_NUMBERS = 4

/** How many windows fit along axes of these lengths. */
function windowCounts({ sizes, strides, dilations }: Windows, lengths: readonly number[]): number[] {
  return lengths.map((length, i) => {
    const numbers = [sizes[i], strides[i], dilations[i]]
    if (!numbers.every(each => Number.isInteger(each) && (each as number) > 0))
      throw mismatch('windows', 'a size, a stride and a dilation from 1 on for each axis', `[${numbers}]`)
    const [size, stride, dilation] = numbers as [number, number, number]
    return Math.max(Math.floor((length - (size - 1) * dilation - 1) / stride) + 1, 0)
  })
}

function demandAxes(operation: string, x: Shape, axes: readonly number[]): void {
  const areThere = axes.every((axis, i) => x[axis] !== undefined && axes.indexOf(axis) === i)
  if (!areThere) throw mismatch(operation, `axes of ${showShape(x)}, each once`, `[${axes.join(', ')}]`)
}

function demandKey(operation: string, key: Shape): void {
  if (key.length !== 1 || key[0] !== KEY_NUMBERS)
    throw mismatch(operation, `a key of ${KEY_NUMBERS} numbers`, showShape(key))
}

function demandBatch(operation: string, before: Shape, indices: Shape, batch: number): void {
  const isShared =
    batch <= before.length && before.slice(0, batch).every((length, i) => length === indices[i])
  if (!isShared)
    throw mismatch(
      operation,
      `indices whose first ${batch} axes are those of ${showShape(before)}`,
      showShape(indices),
    )
}

const mismatch = (operation: string, expected: string, got: string) =>
  new GradstreamError('SHAPE_MISMATCH', { place: operation, expected, got })
