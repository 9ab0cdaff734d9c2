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
  tanh: 1,
  erf: 1,
} as const
export type EntryOperation = keyof typeof ENTRY_OPERATIONS

/** What a reduction does along the axes that it removes. */
export const FOLDS = ['sum', 'max', 'min'] as const
export type Fold = (typeof FOLDS)[number]

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
}
export type ViewOperation = keyof ViewOptions

export interface Options extends ViewOptions {
  /** Zeros around: by axis, `before[i]` in front and `after[i]` behind. */
  readonly pad: { readonly before: readonly number[]; readonly after: readonly number[] }
  /** Folds along some axes, which the result does not have. Over nothing, a sum is 0, and a largest entry -∞. */
  readonly reduce: { readonly fold: Fold; readonly axes: readonly number[] }
}

/** A product of two tensors, summed over pairs of axes. */
export interface Contraction {
  /** Pairs of axes that both have and the result keeps: it comes first in the result. */
  readonly batch: readonly (readonly [a: number, b: number])[]
  /** Pairs of axes that are summed over. */
  readonly sum: readonly (readonly [a: number, b: number])[]
}

/** The axes of a tensor that a contraction does not name. */
export const freeAxes = (shape: Shape, named: readonly number[]): readonly number[] =>
  shape.flatMap((_, axis) => (named.includes(axis) ? [] : [axis]))

/**
 * The shape of a contraction: the axes of `batch`, then those of `a` that it does not name, then those of `b`.
 * @throws GradstreamError `SHAPE_MISMATCH`
 */
export function contractShape(a: Shape, b: Shape, { batch, sum }: Contraction): Shape {
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
}

/** The shape of entries combined. @throws GradstreamError `SHAPE_MISMATCH` */
export function entryShape(operation: EntryOperation, shapes: readonly Shape[]): Shape {
  return shapes.reduce((all, shape) => {
    const combined = broadcastShape(all, shape)
    if (combined) return combined
    throw mismatch(operation, `a shape that fits ${showShape(all)}`, showShape(shape))
  }, [])
}

/** The shape of what an operation with options gives. @throws GradstreamError `SHAPE_MISMATCH` */
export const SHAPES: { readonly [Name in keyof Options]: (x: Shape, options: Options[Name]) => Shape } = {
  reshape(x, { shape }) {
    if (sizeOf(x) !== sizeOf(shape))
      throw mismatch('reshape', `a shape of ${sizeOf(x)} entries`, showShape(shape))
    return shape
  },
  permute(x, { axes }) {
    const isOrder = axes.length === x.length && x.every((_, axis) => axes.includes(axis))
    if (!isOrder)
      throw mismatch('permute', `the axes 0 to ${x.length - 1} in some order`, `[${axes.join(', ')}]`)
    return axes.map(axis => x[axis] as number)
  },
  expand(x, { shape }) {
    const whole = broadcastShape(x, shape)
    const fits = whole?.length === shape.length && shape.every((length, axis) => length === whole[axis])
    if (!fits) throw mismatch('expand', `a shape that ${showShape(x)} can be repeated to`, showShape(shape))
    return shape
  },
  slice(x, { starts, lengths }) {
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
  flip(x, { axes }) {
    demandAxes('flip', x, axes)
    return x
  },
  pad(x, { before, after }) {
    const isCount = (count: number) => Number.isInteger(count) && count >= 0
    if (before.length === x.length && after.length === x.length && [...before, ...after].every(isCount)) {
      return x.map((length, axis) => length + (before[axis] as number) + (after[axis] as number))
    }
    throw mismatch(
      'pad',
      `two counts for each axis of ${showShape(x)}`,
      `[${before.join(', ')}] and [${after.join(', ')}]`,
    )
  },
  reduce(x, { axes }) {
    demandAxes('reduce', x, axes)
    return x.filter((_, axis) => !axes.includes(axis))
  },
}

function demandAxes(operation: string, x: Shape, axes: readonly number[]): void {
  const areThere = axes.every((axis, i) => x[axis] !== undefined && axes.indexOf(axis) === i)
  if (!areThere) throw mismatch(operation, `axes of ${showShape(x)}, each once`, `[${axes.join(', ')}]`)
}

const mismatch = (operation: string, expected: string, got: string) =>
  new GradstreamError('SHAPE_MISMATCH', { place: operation, expected, got })
