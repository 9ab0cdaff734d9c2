/** What all kernels demand of shapes, and refuse in the same words. */
import { GradstreamError, type Shape, sameShape, showShape, sizeOf, type Tensor } from '../core/index.ts'

export function mismatch(kernel: string, expected: string, got: string | number): GradstreamError {
  return new GradstreamError('SHAPE_MISMATCH', { place: `kernel ${kernel}`, expected, got: String(got) })
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
