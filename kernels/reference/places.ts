/** Where the entries of one tensor lie among those of another. */
import { type Shape, sizeOf } from '../../core/index.ts'

/** How far apart, row by row, neighbours along each axis lie. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis] as number
  }
  return strides
}

/** The strides of a tensor that is repeated to a larger shape, by NumPy's rule. */
export function repeatedStrides(shape: Shape, of: Shape): number[] {
  const own = stridesOf(of)
  const missing = shape.length - of.length
  return shape.map((_, axis) =>
    axis < missing || of[axis - missing] === 1 ? 0 : (own[axis - missing] as number),
  )
}

/** For each entry of a shape, row by row, its place: from `start` on, by the strides. */
export function placesOf(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const places = new Int32Array(sizeOf(shape))
  places[0] = start
  // What is there is repeated along each axis, the last one first.
  let known = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const stride = strides[axis] as number
    const end = known * (shape[axis] as number)
    for (let i = known; i < end; i++) places[i] = (places[i - known] as number) + stride
    known = end
  }
  return places
}
