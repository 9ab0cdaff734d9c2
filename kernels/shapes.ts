/** What all kernels demand of shapes, and refuse in the same words. */
import {
  broadcastShape,
  GradstreamError,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
} from '../core/index.ts'

export function mismatch(kernel: string, expected: string, got: string | number): GradstreamError {
  return new GradstreamError('SHAPE_MISMATCH', { place: `kernel ${kernel}`, expected, got: String(got) })
}

export function demandSameShape(kernel: string, a: Tensor, b: Tensor): void {
  if (!sameShape(a.shape, b.shape)) throw mismatch(kernel, showShape(a.shape), showShape(b.shape))
}

/** The shape of two tensors combined entry by entry, by NumPy's rule. */
export function broadcastOrThrow(kernel: string, a: Shape, b: Shape): Shape {
  const shape = broadcastShape(a, b)
  if (shape) return shape
  throw mismatch(kernel, `a shape that fits ${showShape(a)}`, showShape(b))
}

/** Refuses to sum `from` to a shape that was not repeated to become it. */
export function demandRepeated(from: Shape, to: Shape): void {
  if (sameShape(broadcastOrThrow('sumTo', from, to), from)) return
  throw mismatch('sumTo', `a shape that was repeated to ${showShape(from)}`, showShape(to))
}

export function atLeastOne(kernel: string, [first]: readonly Tensor[]): Tensor {
  if (first) return first
  throw mismatch(kernel, 'at least one tensor', 'none')
}

/** The length of the last axis. */
export function lastAxis({ shape }: Tensor): number {
  const length = shape[shape.length - 1]
  if (length !== undefined) return length
  throw mismatch('along the last axis', 'a tensor with an axis', 'a scalar')
}

/** How many rows a matrix has, with all leading axes folded into them. */
export function rowsOf({ shape }: Tensor): number {
  if (shape.length < 2) throw mismatch('matMul', 'at least two axes', showShape(shape))
  let rows = 1
  for (let axis = 0; axis < shape.length - 1; axis++) rows *= shape[axis] as number
  return rows
}

/** How many entries lie before and after an axis. */
export function around(kernel: string, shape: Shape, axis: number): { before: number; after: number } {
  if (shape[axis] === undefined) throw mismatch(kernel, `an axis of ${showShape(shape)}`, axis)
  return { before: sizeOf(shape.slice(0, axis)), after: sizeOf(shape.slice(axis + 1)) }
}

/** The shape of tensors joined along an axis. */
export function joinedShape(tensors: readonly Tensor[], axis: number): Shape {
  const { shape: first } = atLeastOne('concatenate', tensors)
  around('concatenate', first, axis)
  let whole = 0
  for (const { shape } of tensors) {
    if (shape.length !== first.length || !sameShape(shape.with(axis, 0), first.with(axis, 0)))
      throw mismatch('concatenate', `${showShape(first)} but for axis ${axis}`, showShape(shape))
    whole += shape[axis] as number
  }
  return first.with(axis, whole)
}

/** The shape of a part of a tensor along an axis. */
export function partShape({ shape }: Tensor, axis: number, start: number, length: number): Shape {
  around('slice', shape, axis)
  const whole = shape[axis] as number
  if (start >= 0 && length >= 0 && start + length <= whole) return shape.with(axis, length)
  throw mismatch('slice', `a part of ${whole}`, `${start} to ${start + length}`)
}
