/** Compares tensors. */
import { type Gradients, Tensor, type Tensors } from '../../../core/index.ts'

/** Copies that later computations do not change. Entries that are not tensors are left out. */
export function snapshot(tensors: Gradients): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      tensor instanceof Tensor ? [[name, tensor.clone()]] : [],
    ),
  )
}

/** Whether each tensor of `a` has the same bytes in `b`. */
export function sameBytes(a: Tensors, b: Tensors): boolean {
  return Object.keys(a).every(name => {
    const left = (a[name] as Tensor).data
    const right = b[name]?.data
    return left.length === right?.length && left.every((value, i) => Object.is(value, right[i]))
  })
}

/** The largest difference, relative to the largest entry (at least 1). */
export function distance(got: Tensor['data'], expected: Tensor['data']): number {
  let largest = 1
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i] as number))
    const difference = Math.abs((got[i] as number) - (expected[i] as number))
    if (!(difference <= worst)) worst = difference
  }
  return worst / largest
}
