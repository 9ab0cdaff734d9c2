/** Combining two tensors of different shapes by NumPy's rule, entry by entry. */
import { type Numbers, type Shape, sizeOf } from '../../core/index.ts'

/**
 * For each entry of a tensor of shape `shape`, the place of the entry of a smaller tensor of shape `of` that it is
 * combined with.
 */
export function repeatedPlaces(shape: Shape, of: Shape): Uint32Array {
  const strides = new Array<number>(shape.length).fill(0)
  for (let axis = 1, stride = 1; axis <= of.length; axis++) {
    const length = of.at(-axis) as number
    if (length > 1) strides[shape.length - axis] = stride
    stride *= length
  }
  const places = new Uint32Array(sizeOf(shape))
  const index = new Array<number>(shape.length).fill(0)
  let place = 0
  for (let i = 0; i < places.length; i++) {
    places[i] = place
    // Count the index up by one, the last axis first, and move the place along.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1
      place += strides[axis] as number
      if ((index[axis] as number) < (shape[axis] as number)) break
      place -= (strides[axis] as number) * (shape[axis] as number)
      index[axis] = 0
    }
  }
  return places
}

/** y[i] = f(a[i], b[i]), with whichever is smaller repeated. */
export function zip(
  y: Numbers,
  shape: Shape,
  a: Numbers,
  aShape: Shape,
  b: Numbers,
  bShape: Shape,
  f: (a: number, b: number) => number,
): void {
  if (a.length === y.length && b.length === y.length) {
    for (let i = 0; i < y.length; i++) y[i] = f(a[i] as number, b[i] as number)
  } else {
    const left = repeatedPlaces(shape, aShape)
    const right = repeatedPlaces(shape, bShape)
    for (let i = 0; i < y.length; i++)
      y[i] = f(a[left[i] as number] as number, b[right[i] as number] as number)
  }
}
