/** Along the last axis: softmax and its kin. Each row is taken relative to its largest entry, so nothing overflows. */
import { exp } from './functions'
import { largest } from './reductions'
import { all, onlyFirst, plusLanes, storeFirst, together, VECTOR } from './vector'

/** y = e^(x - top) of a row; gives the sum. */
// @ts-ignore: decorator
@inline
function expRow(y: usize, x: usize, columns: i32, top: v128): f64 {
  let sums = f64x2.splat(0)
  for (let j = columns; j > 0; j -= 4, x += VECTOR, y += VECTOR) {
    const e = exp(f32x4.sub(v128.load(x), top))
    storeFirst(y, e, j)
    sums = plusLanes(sums, onlyFirst(e, j))
  }
  return together(sums)
}

/** The sum of e^(x - top) of a row. */
// @ts-ignore: decorator
@inline
export function sumOfExp(x: usize, columns: i32, top: f32): f64 {
  let sums = f64x2.splat(0)
  for (let j = columns; j > 0; j -= 4, x += VECTOR) {
    sums = plusLanes(sums, onlyFirst(exp(f32x4.sub(v128.load(x), all(top))), j))
  }
  return together(sums)
}

/** yᵢ = e^xᵢ / Σ e^xⱼ */
export function softmax(y: usize, x: usize, rows: i32, columns: i32): void {
  const width = (<usize>columns) << 2
  for (let i = 0; i < rows; i++, x += width, y += width) softmaxRow(y, x, columns)
}

// @ts-ignore: decorator
@inline
export function softmaxRow(y: usize, x: usize, columns: i32): void {
  const sum = all(<f32>expRow(y, x, columns, all(largest(x, columns))))
  for (let left = columns; left > 0; left -= 4, y += VECTOR) storeFirst(y, f32x4.div(v128.load(y), sum), left)
}

/** yᵢ = xᵢ - top - ln Σ e^(xⱼ - top) */
export function logSoftmax(y: usize, x: usize, rows: i32, columns: i32): void {
  const width = (<usize>columns) << 2
  for (let i = 0; i < rows; i++, x += width, y += width) {
    const top = largest(x, columns)
    const logSum = <f32>Math.log(sumOfExp(x, columns, top))
    for (let j: usize = 0, left = columns; left > 0; j += VECTOR, left -= 4) {
      storeFirst(y + j, f32x4.sub(f32x4.sub(v128.load(x + j), all(top)), all(logSum)), left)
    }
  }
}

/** dxᵢ = yᵢ (dyᵢ - Σ dyⱼ yⱼ) */
export function softmaxGradient(dx: usize, dy: usize, y: usize, rows: i32, columns: i32): void {
  const width = (<usize>columns) << 2
  for (let i = 0; i < rows; i++, dx += width, dy += width, y += width) {
    let dot = f64x2.splat(0)
    for (let j: usize = 0, left = columns; left > 0; j += VECTOR, left -= 4) {
      dot = plusLanes(dot, onlyFirst(f32x4.mul(v128.load(dy + j), v128.load(y + j)), left))
    }
    const mean = all(<f32>together(dot))
    for (let j: usize = 0, left = columns; left > 0; j += VECTOR, left -= 4) {
      storeFirst(dx + j, f32x4.mul(v128.load(y + j), f32x4.sub(v128.load(dy + j), mean)), left)
    }
  }
}
