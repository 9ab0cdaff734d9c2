/** Looking numbers up by their places. An index that is no place is never followed: it gives NaN. */
import { NUMBER } from './vector'

/** The index at `at`, or -1 unless it is a whole number from 0 to below `length`. */
// @ts-ignore: decorator
@inline
function placeAt(at: usize, length: i32): i32 {
  const index = load<f32>(at)
  return index >= 0 && index < <f32>length && floor(index) == index ? <i32>index : -1
}

/**
 * y [shared, before, count, after] from x [shared, before, length, after] and indices [shared, count]: the entries of x at
 * these places of its third axis.
 */
export function gather(
  y: usize,
  x: usize,
  indices: usize,
  shared: i32,
  before: i32,
  length: i32,
  count: i32,
  after: i32,
): void {
  const bytes = (<usize>after) * NUMBER
  for (let s = 0; s < shared; s++, indices += (<usize>count) * NUMBER) {
    for (let b = 0; b < before; b++, x += (<usize>length) * bytes) {
      for (let i = 0; i < count; i++, y += bytes) {
        const place = placeAt(indices + (<usize>i) * NUMBER, length)
        if (place >= 0) memory.copy(y, x + (<usize>place) * bytes, bytes)
        else for (let j: usize = 0; j < bytes; j += NUMBER) store<f32>(y + j, f32.NaN)
      }
    }
  }
}

/**
 * The reverse: y [shared, before, length, after] is 0 but for x [shared, before, count, after], which is added at the places.
 * All of it is NaN where an index is no place.
 */
export function scatterAdd(
  y: usize,
  x: usize,
  indices: usize,
  shared: i32,
  before: i32,
  length: i32,
  count: i32,
  after: i32,
): void {
  const bytes = (<usize>after) * NUMBER
  const whole = (<usize>shared) * (<usize>before) * (<usize>length) * bytes
  const start = y
  let isWrong = false
  memory.fill(y, 0, whole)
  for (let s = 0; s < shared; s++, indices += (<usize>count) * NUMBER) {
    for (let b = 0; b < before; b++, y += (<usize>length) * bytes) {
      for (let i = 0; i < count; i++, x += bytes) {
        const place = placeAt(indices + (<usize>i) * NUMBER, length)
        if (place >= 0) addTo(y + (<usize>place) * bytes, x, after)
        else isWrong = true
      }
    }
  }
  if (isWrong) for (let j: usize = 0; j < whole; j += NUMBER) store<f32>(start + j, f32.NaN)
}

function addTo(y: usize, x: usize, n: i32): void {
  for (; n >= 4; n -= 4, y += 16, x += 16) v128.store(y, f32x4.add(v128.load(y), v128.load(x)))
  for (; n > 0; n--, y += NUMBER, x += NUMBER) store<f32>(y, load<f32>(y) + load<f32>(x))
}
