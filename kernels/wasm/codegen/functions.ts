/**
 * Elementary functions of four numbers at a time, for every float32. The bounds of their errors are tests.
 *
 * The polynomials and quotients are the best of their degrees: they were fitted so that the largest relative error is as small
 * as possible (Remez's criterion), which leaves less than half an ulp of error besides rounding.
 */
import type { Lane, Lanes } from './lanes.ts'

// ln 2 in two parts: the first has so few digits that its product with an exponent is exact.
const LN2_HIGH = 0.693359375
const LN2_LOW = -2.121944400546906e-4
/** Added to a number below 2²², it leaves no room for digits behind the point: the sum ends in the whole number. */
const ROUNDER = 1.5 * 2 ** 23

/** (e^r - 1 - r) / r² for |r| <= ln 2 / 2, where e^r is wanted. */
const EXP = [
  0.0013814537896042912, 0.008368745319980586, 0.041668390831267235, 0.16666520396771464, 0.4999999343189143,
]
/** The same, where e^r - 1 is wanted. */
const EXPM1 = [
  0.00019845880321486733, 0.0013940668884061327, 0.00833338946216165, 0.04166636042202526,
  0.16666666369728614, 0.5000000044270366,
]
/** (2 artanh s - 2 s) / s³, a polynomial in s². */
const LOG = [0.2987307706085347, 0.39977495411398206, 0.6666677671879205]
/** tanh x / x and erf x / x, quotients of polynomials in x². */
const TANH = {
  above: [1.3319028352216146e-8, 2.0583447367926306e-5, 0.0034940323912997506, 0.13379716077187553, 1],
  below: [7.762000886547567e-7, 0.00032830893702186334, 0.02587106483507632, 0.4671303131533264, 1],
  /** From here on, tanh is 1 to the last digit. */
  end: 9.02,
}
const ERF = {
  above: [
    2.041972874275025e-6, 0.0002848085480502056, 0.003779603223272041, 0.05279026703303236,
    0.19078368023440828, 1.1283791453535896,
  ],
  below: [
    3.8004093963429144e-5, 0.0011652114252860837, 0.014997425009235501, 0.11425746103070115,
    0.5024103538960415, 1,
  ],
  end: 3.93,
}

/** 2^n for whole numbers n from -126 to 127. */
const powerOf2 = (l: Lanes, n: Lane) => l.shift('i32x4.shl', l.do('i32x4.add', n, l.bits(127)), 23)

/** x = n ln 2 + r, with n as a float32 and as a whole number. */
function reduced(l: Lanes, x: Lane): { n: Lane; whole: Lane; r: Lane } {
  const sum = l.add(l.mul(x, l.all(Math.LOG2E)), l.all(ROUNDER))
  const n = l.sub(sum, l.all(ROUNDER))
  return {
    n,
    whole: l.do('i32x4.sub', sum, l.all(ROUNDER)),
    r: l.subMul(n, l.all(LN2_LOW), l.subMul(n, l.all(LN2_HIGH), x)),
  }
}

/** r + r² p(r) */
const series = (l: Lanes, r: Lane, coefficients: readonly number[]) =>
  l.mulAdd(l.polynomial(r, coefficients), l.mul(r, r), r)

/** e^x = 2^n e^r; the power in two factors, since 2^n alone may overflow or be subnormal. */
export function exp(l: Lanes, x: Lane): Lane {
  const { whole, r } = reduced(l, l.clamp(x, -105, 89.5))
  const y = l.add(series(l, r, EXP), l.all(1))
  const half = l.shift('i32x4.shr_s', whole, 1)
  return l.mul(l.mul(y, powerOf2(l, half)), powerOf2(l, l.do('i32x4.sub', whole, half)))
}

/** e^x - 1 = 2^n (e^r - 1) + (2^n - 1), exact near 0; taken from half of it, which cannot overflow first. */
export function expm1(l: Lanes, x: Lane): Lane {
  // Above 89 it is infinite, and r must not be negative there, or it were an infinity less another one.
  const { n, whole, r } = reduced(l, l.clamp(x, -20, 89))
  const y = series(l, r, EXPM1)
  const power = powerOf2(l, l.do('i32x4.sub', whole, l.bits(1)))
  const half = l.mulAdd(power, y, l.sub(power, l.all(0.5)))
  // Near 0 the power is 1, and half of the series could be subnormal.
  return l.select(l.do('f32x4.eq', n, l.all(0)), y, l.add(half, half))
}

/**
 * ln x = e ln 2 + ln (1 + f) with 1 + f from √½ to √2. With s = f / (2 + f) the logarithm is 2 artanh s, summed so that f
 * itself, the largest part, is not rounded: f - (f²/2 - s (f²/2 + R)).
 */
export function log(l: Lanes, x: Lane): Lane {
  const isSmall = l.do('f32x4.lt', x, l.all(2 ** -126))
  const normal = l.select(isSmall, l.mul(x, l.all(2 ** 23)), x)
  // What is added to the bits makes a mantissa from √2 on the next power of 2, with a mantissa below 1.
  const offset = 0x3f800000 - 0x3f3504f3
  const shifted = l.do('i32x4.add', normal, l.bits(offset))
  const exponent = l.do(
    'i32x4.sub',
    l.do('i32x4.sub', l.shift('i32x4.shr_u', shifted, 23), l.bits(127)),
    l.do('v128.and', isSmall, l.bits(23)),
  )
  const mantissa = l.do('i32x4.add', l.do('v128.and', shifted, l.bits(0x007fffff)), l.bits(0x3f3504f3))
  const e = l.do('f32x4.convert_i32x4_s', exponent)
  const f = l.sub(mantissa, l.all(1))
  const s = l.div(f, l.add(f, l.all(2)))
  const s2 = l.mul(s, s)
  const R = l.mul(l.polynomial(s2, LOG), s2)
  const half = l.mul(l.mul(f, f), l.all(0.5))
  const tail = l.subMul(s, l.add(half, R), half)
  const low = l.sub(tail, l.mul(e, l.all(LN2_LOW)))
  return whereDefined(l, x, l.mulAdd(e, l.all(LN2_HIGH), l.sub(f, low)))
}

/** The logarithm where it has no finite value: -∞ at 0, ∞ at ∞, NaN below 0 and for NaN; elsewhere y. */
function whereDefined(l: Lanes, x: Lane, y: Lane): Lane {
  const finite = l.select(l.do('f32x4.eq', x, l.all(0)), l.all(Number.NEGATIVE_INFINITY), y)
  const defined = l.select(l.do('f32x4.eq', x, l.all(Number.POSITIVE_INFINITY)), x, finite)
  return l.select(l.do('f32x4.ge', x, l.all(0)), defined, l.all(Number.NaN))
}

/** ln (1 + x): that of the rounded 1 + x, corrected by what rounding took away. */
export function log1p(l: Lanes, x: Lane): Lane {
  const u = l.add(x, l.all(1))
  const lost = l.sub(x, l.sub(u, l.all(1)))
  const corrected = l.add(log(l, u), l.div(lost, u))
  const isInside = l.do(
    'v128.and',
    l.do('f32x4.gt', u, l.all(0)),
    l.do('f32x4.lt', u, l.all(Number.POSITIVE_INFINITY)),
  )
  return l.select(isInside, corrected, log(l, u))
}

interface Quotient {
  readonly above: readonly number[]
  readonly below: readonly number[]
  readonly end: number
}

/** x p(x²) / q(x²) */
function oddQuotient(l: Lanes, x: Lane, { above, below, end }: Quotient): Lane {
  const bounded = l.clamp(x, -end, end)
  const s = l.mul(bounded, bounded)
  const quotient = l.div(l.mul(bounded, l.polynomial(s, above)), l.polynomial(s, below))
  // Rounding must not carry it beyond 1: 1 - y² would be negative.
  return l.clamp(quotient, -1, 1)
}

export const tanh = (l: Lanes, x: Lane): Lane => oddQuotient(l, x, TANH)

/** 2/√π ∫ e^-t² from 0 to x. */
export const erf = (l: Lanes, x: Lane): Lane => oddQuotient(l, x, ERF)
