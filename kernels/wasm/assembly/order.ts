/** What depends on the order of numbers along an axis. */
import { NUMBER } from './vector'

/** y = 0, 1, 2, ... */
export function iota(y: usize, n: i32): void {
  for (let i = 0; i < n; i++, y += NUMBER) store<f32>(y, <f32>i)
}

/** y [before, length, after]: the sums of x along the middle axis up to each entry, taken in float64. */
export function cumulativeSum(y: usize, x: usize, before: i32, length: i32, after: i32): void {
  const row = (<usize>after) * NUMBER
  const block = (<usize>length) * row
  for (let b = 0; b < before; b++, y += block, x += block) {
    for (let j: usize = 0; j < row; j += NUMBER) {
      let sum: f64 = 0
      for (let at = j; at < block; at += row) {
        sum += <f64>load<f32>(x + at)
        store<f32>(y + at, <f32>sum)
      }
    }
  }
}

/**
 * y [rows, length]: the places of the numbers of each row of x from the smallest to the largest; equal ones stay in order, and
 * NaN comes last. Runs that are in order are merged, two by two; the scratch memory has room for two rows of places.
 */
export function argSort(y: usize, x: usize, rows: i32, length: i32, scratch: usize): void {
  const bytes = (<usize>length) * NUMBER
  for (let row = 0; row < rows; row++, y += bytes, x += bytes) {
    let from = scratch
    let to = scratch + bytes
    for (let i = 0; i < length; i++) store<i32>(from + (<usize>i) * NUMBER, i)
    for (let run = 1; run < length; run <<= 1) {
      for (let start = 0; start < length; start += 2 * run)
        merge(to, from, x, start, min(start + run, length), min(start + 2 * run, length))
      const merged = to
      to = from
      from = merged
    }
    for (let i: usize = 0; i < bytes; i += NUMBER) store<f32>(y + i, <f32>load<i32>(from + i))
  }
}

/** Places from `start` to `middle` and from there to `end`, both in order, as one list in order. */
function merge(to: usize, from: usize, x: usize, start: i32, middle: i32, end: i32): void {
  let left = start
  let right = middle
  for (let i = start; i < end; i++) {
    const takesRight = left == middle || (right < end && isBefore(valueAt(x, from, right), valueAt(x, from, left)))
    const taken = takesRight ? right++ : left++
    store<i32>(to + (<usize>i) * NUMBER, load<i32>(from + (<usize>taken) * NUMBER))
  }
}

// @ts-ignore: decorator
@inline
function valueAt(x: usize, places: usize, i: i32): f32 {
  return load<f32>(x + (<usize>load<i32>(places + (<usize>i) * NUMBER)) * NUMBER)
}

// @ts-ignore: decorator
@inline
function isBefore(a: f32, b: f32): bool {
  return a < b || (b != b && a == a)
}
