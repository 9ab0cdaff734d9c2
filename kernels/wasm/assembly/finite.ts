/** Whether numbers are finite: NaN and the infinities have all bits of the exponent set, and they alone. */
import { all, loadFirst, VECTOR } from './vector'

const EXPONENT: i32 = 0x7f800000

/** Numbers without their signs, as bits, which are in the order of the numbers. */
// @ts-ignore: decorator
@inline
function magnitude(v: v128): v128 {
  return v128.and(v, i32x4.splat(0x7fffffff))
}

/** The largest magnitudes so far, with those of v. */
// @ts-ignore: decorator
@inline
function seen(odd: v128, v: v128): v128 {
  return i32x4.max_s(odd, magnitude(v))
}

// @ts-ignore: decorator
@inline
function isOdd(odd: v128): bool {
  return v128.any_true(i32x4.ge_s(odd, i32x4.splat(EXPONENT)))
}

/** Sets the word at `flag` where a magnitude was not finite. */
// @ts-ignore: decorator
@inline
function raise(flag: usize, odd: v128): void {
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

// @ts-ignore: decorator
@inline
function largestOf(x: usize, n: i32): v128 {
  let odd = i32x4.splat(0)
  for (; n >= 4; n -= 4, x += VECTOR) odd = seen(odd, v128.load(x))
  return n > 0 ? seen(odd, loadFirst(x, n, all(0))) : odd
}
