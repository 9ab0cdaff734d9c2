/** e^x, ln x and what is made of them, four at a time, for every float32. The bounds of their errors are tests. */
import { all, mulAdd, subMul } from './vector'

// ln 2 in two parts: the first has so few digits that its product with an exponent is exact.
const LN2_HIGH: f32 = 0.693359375
const LN2_LOW: f32 = -2.12194440054690583e-4
const LOG2_E: f32 = 1.44269504088896341
const SQRT_2: f32 = 1.41421356237309505

/** 2^n for whole numbers n in -126 to 127. */
// @ts-ignore: decorator
@inline
function powerOf2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23)
}

/** x - n ln 2 */
// @ts-ignore: decorator
@inline
function reduced(x: v128, n: v128): v128 {
  return subMul(n, all(LN2_LOW), subMul(n, all(LN2_HIGH), x))
}

/** e^r - 1 for |r| <= ln 2 / 2, by its series: r + r²/2! + r³/3! + ... + r⁸/8! */
// @ts-ignore: decorator
@inline
function expm1Series(r: v128): v128 {
  let p = mulAdd(r, all(1.0 / 40320.0), all(1.0 / 5040.0))
  p = mulAdd(p, r, all(1.0 / 720.0))
  p = mulAdd(p, r, all(1.0 / 120.0))
  p = mulAdd(p, r, all(1.0 / 24.0))
  p = mulAdd(p, r, all(1.0 / 6.0))
  p = mulAdd(p, r, all(0.5))
  return mulAdd(p, f32x4.mul(r, r), r)
}

/** e^x = 2^n e^r with r = x - n ln 2; the power in two factors, since 2^n alone may overflow or be subnormal. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const bounded = f32x4.min(f32x4.max(x, all(-105)), all(89.5))
  const n = f32x4.nearest(f32x4.mul(bounded, all(LOG2_E)))
  const y = f32x4.add(expm1Series(reduced(bounded, n)), all(1))
  const whole = i32x4.trunc_sat_f32x4_s(n)
  const half = i32x4.shr_s(whole, 1)
  return f32x4.mul(f32x4.mul(y, powerOf2(half)), powerOf2(i32x4.sub(whole, half)))
}

/** e^x - 1 = 2^n (e^r - 1) + (2^n - 1), exact near 0; taken from half of it, which cannot overflow first. */
// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  // Above 89 it is infinite, and r must not be negative there, or it were an infinity less another one.
  const bounded = f32x4.min(f32x4.max(x, all(-20)), all(89))
  const n = f32x4.nearest(f32x4.mul(bounded, all(LOG2_E)))
  const r = reduced(bounded, n)
  const power = powerOf2(i32x4.sub(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(1)))
  const half = mulAdd(power, expm1Series(r), f32x4.sub(power, all(0.5)))
  // Near 0 the power is 1 and half of the series could be subnormal.
  return v128.bitselect(expm1Series(r), f32x4.add(half, half), f32x4.eq(n, all(0)))
}

/**
 * ln x = e ln 2 + ln (1 + f) with 1 + f in √½ to √2. With s = f / (2 + f) the logarithm is 2 artanh s, whose series
 * is summed so that f itself, the largest part, is not rounded: f - (f²/2 - s (f²/2 + R)).
 */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const small = f32x4.lt(x, all(1.17549435e-38))
  const normal = v128.bitselect(f32x4.mul(x, all(8388608)), x, small)
  const bits = normal
  let mantissa = v128.or(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f800000))
  let exponent = i32x4.sub(i32x4.shr_u(bits, 23), i32x4.splat(127))
  exponent = i32x4.sub(exponent, v128.and(small, i32x4.splat(23)))
  const large = f32x4.gt(mantissa, all(SQRT_2))
  mantissa = v128.bitselect(f32x4.mul(mantissa, all(0.5)), mantissa, large)
  exponent = i32x4.sub(exponent, large)

  const e = f32x4.convert_i32x4_s(exponent)
  const f = f32x4.sub(mantissa, all(1))
  const s = f32x4.div(f, f32x4.add(f, all(2)))
  const s2 = f32x4.mul(s, s)
  let R = mulAdd(s2, all(2.0 / 11.0), all(2.0 / 9.0))
  R = mulAdd(R, s2, all(2.0 / 7.0))
  R = mulAdd(R, s2, all(2.0 / 5.0))
  R = mulAdd(R, s2, all(2.0 / 3.0))
  R = f32x4.mul(R, s2)
  const f2 = f32x4.mul(f32x4.mul(f, f), all(0.5))
  const tail = subMul(s, f32x4.add(f2, R), f2)
  const low = f32x4.sub(tail, f32x4.mul(e, all(LN2_LOW)))
  const y = mulAdd(e, all(LN2_HIGH), f32x4.sub(f, low))
  return whereDefined(x, y)
}

/** The logarithm where it has no finite value: -∞ at 0, ∞ at ∞, NaN below 0 and for NaN; elsewhere y. */
// @ts-ignore: decorator
@inline
function whereDefined(x: v128, y: v128): v128 {
  const finite = v128.bitselect(all(-f32.POSITIVE_INFINITY), y, f32x4.eq(x, all(0)))
  const defined = v128.bitselect(x, finite, f32x4.eq(x, all(f32.POSITIVE_INFINITY)))
  return v128.bitselect(defined, all(f32.NaN), f32x4.ge(x, all(0)))
}

/** ln (1 + x) for x in 0 to 1: that of the rounded 1 + x, corrected by what rounding took away. */
// @ts-ignore: decorator
@inline
function log1p(x: v128): v128 {
  const u = f32x4.add(x, all(1))
  const lost = f32x4.sub(x, f32x4.sub(u, all(1)))
  return f32x4.add(log(u), f32x4.div(lost, u))
}

/** e^-|x| */
// @ts-ignore: decorator
@inline
function decay(x: v128): v128 {
  return exp(f32x4.neg(f32x4.abs(x)))
}

/** 1 / (1 + e^-x), for x < 0 as e^x / (1 + e^x), which keeps all digits. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const z = decay(x)
  const numerator = v128.bitselect(z, all(1), f32x4.lt(x, all(0)))
  return f32x4.div(numerator, f32x4.add(all(1), z))
}

/** ln (1 + e^x) = max(x, 0) + ln (1 + e^-|x|) */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  return f32x4.add(f32x4.max(x, all(0)), log1p(decay(x)))
}

/** tanh |x| = -t / (2 + t) with t = e^-2|x| - 1, and the sign of x. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const magnitude = f32x4.abs(x)
  const t = expm1(f32x4.mul(magnitude, all(-2)))
  const y = f32x4.div(f32x4.neg(t), f32x4.add(t, all(2)))
  return v128.bitselect(x, y, i32x4.splat(0x80000000))
}
