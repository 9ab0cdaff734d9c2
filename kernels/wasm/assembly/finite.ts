/** Whether numbers are finite: NaN and the infinities have all bits of the exponent set, and they alone. */
import { all, loadFirst, onlyFirst, VECTOR } from './vector'

const EXPONENT: i32 = 0x7f800000

/** The largest magnitudes so far, as bits, with those of the first `count` lanes of v. */
// @ts-ignore: decorator
@inline
export function seen(odd: v128, v: v128, count: i32): v128 {
  return i32x4.max_s(odd, onlyFirst(v128.and(v, i32x4.splat(0x7fffffff)), count))
}

// @ts-ignore: decorator
@inline
function isOdd(odd: v128): bool {
  return v128.any_true(i32x4.ge_s(odd, i32x4.splat(EXPONENT)))
}

/** Sets the word at `flag` where a magnitude was not finite. */
// @ts-ignore: decorator
@inline
export function raise(flag: usize, odd: v128): void {
  if (isOdd(odd)) store<i32>(flag, 1)
}

/** 1 if no number is NaN or infinite. */
export function allFinite(x: usize, n: i32): i32 {
  return isOdd(largestOf(x, n)) ? 0 : 1
}

/** Sets the word at `flag` if a number is NaN or infinite. */
export function check(x: usize, n: i32, flag: usize): void {
  raise(flag, largestOf(x, n))
}

/** The word at `flag`, which is cleared. */
export function take(flag: usize): i32 {
  const set = load<i32>(flag)
  store<i32>(flag, 0)
  return set
}

// @ts-ignore: decorator
@inline
function largestOf(x: usize, n: i32): v128 {
  let odd = i32x4.splat(0)
  for (; n >= 4; n -= 4, x += VECTOR) odd = seen(odd, v128.load(x), 4)
  return n > 0 ? seen(odd, loadFirst(x, n, all(0)), 4) : odd
}
