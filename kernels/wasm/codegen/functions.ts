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
/** Added to a number below 2²², it leaves no room for digits behind the point: the sum ends in the whole number. And its bits. */
const ROUNDER = 1.5 * 2 ** 23
const ROUNDER_BITS = 0x4b400000
/** What the exponent of 1 is in its bits. */
const BIAS = 127

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
/** (sin t - t) / t³ and (cos t - 1 + t²/2) / t⁴ for |t| <= π/4, polynomials in t². */
const SIN = [-0.00019515282853646478, 0.008332160759365829, -0.16666654609508633]
const COS = [2.443315671633048e-5, -0.0013887316251357013, 0.041666645682913256]
/** 2/π in parts of 29 bits, so that the product of one with a float32 is exact in float64. */
const TWO_OVER_PI = [
  [341782637, 29],
  [423170132, 58],
  [352195499, 87],
  [488592205, 116],
  [461485765, 145],
  [90590992, 174],
  [478285810, 203],
].map(([digits, places]) => (digits as number) / 2 ** (places as number))
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

/** The power of 2 whose exponent, with its bias, is a whole number from 1 to 254. */
const powerOf2 = (l: Lanes, biased: Lane) => l.shift('i32x4.shl', biased, 23)

/** x = n ln 2 + r, with n as a float32, and as the last bits of a sum. */
function reduced(l: Lanes, x: Lane): { n: Lane; sum: Lane; r: Lane } {
  const sum = l.add(l.mul(x, l.all(Math.LOG2E)), l.all(ROUNDER))
  const n = l.sub(sum, l.all(ROUNDER))
  return { n, sum, r: l.subMul(n, l.all(LN2_LOW), l.subMul(n, l.all(LN2_HIGH), x)) }
}

/** n + k, where a sum ends in n. */
const wholeOf = (l: Lanes, sum: Lane, k: number) => l.do('i32x4.sub', sum, l.bits(ROUNDER_BITS - k))

/** r + r² p(r) */
const series = (l: Lanes, r: Lane, coefficients: readonly number[]) =>
  l.mulAdd(l.polynomial(r, coefficients), l.mul(r, r), r)

/** e^x = 2^n e^r; the power in two factors, since 2^n alone may overflow or be subnormal. */
export function exp(l: Lanes, x: Lane): Lane {
  const { sum, r } = reduced(l, l.clamp(x, -105, 89.5))
  return scaled(l, l.add(series(l, r, EXP), l.all(1)), wholeOf(l, sum, 2 * BIAS))
}

/**
 * 1 / (1 + e^-x) as e^r / (e^r + 2^-n), which keeps all digits where x is negative: both times 2^-32, so that the power is a number
 * also where the result is subnormal. Above 30, it is 1 to the last digit.
 */
export function sigmoid(l: Lanes, x: Lane): Lane {
  const { sum, r } = reduced(l, l.clamp(x, -105, 30))
  const e = l.mul(l.add(series(l, r, EXP), l.all(1)), l.all(2 ** -32))
  const power = powerOf2(l, l.do('i32x4.sub', l.bits(ROUNDER_BITS + BIAS - 32), sum))
  return l.div(e, l.add(e, power))
}

/** 2^n y, given n + 254, which is the sum of two exponents with their bias. */
function scaled(l: Lanes, y: Lane, biased: Lane): Lane {
  const half = l.shift('i32x4.shr_s', biased, 1)
  return l.mul(l.mul(y, powerOf2(l, half)), powerOf2(l, l.do('i32x4.sub', biased, half)))
}

/** e^x - 1 = 2^n (e^r - 1) + (2^n - 1), exact near 0; taken from half of it, which cannot overflow first. */
export function expm1(l: Lanes, x: Lane): Lane {
  // Above 89 it is infinite, and r must not be negative there, or it were an infinity less another one.
  const { n, sum, r } = reduced(l, l.clamp(x, -20, 89))
  const y = series(l, r, EXPM1)
  const power = powerOf2(l, wholeOf(l, sum, BIAS - 1))
  const half = l.mulAdd(power, y, l.sub(power, l.all(0.5)))
  // Near 0 the power is 1, and half of the series could be subnormal.
  return l.select(l.do('f32x4.eq', n, l.all(0)), y, l.add(half, half))
}

/** x = 2^e m with m from √½ to √2, for positive x. */
function split(l: Lanes, x: Lane): { readonly exponent: Lane; readonly mantissa: Lane } {
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
  return { exponent, mantissa }
}

/**
 * ln x = e ln 2 + ln (1 + f) with 1 + f from √½ to √2. With s = f / (2 + f) the logarithm is 2 artanh s, summed so that f
 * itself, the largest part, is not rounded: f - (f²/2 - s (f²/2 + R)).
 */
export function log(l: Lanes, x: Lane): Lane {
  const { exponent, mantissa } = split(l, x)
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

/**
 * Which quarter of a turn x is in, and how far it is from the middle of that quarter, in radians: x · 2/π modulo 4, of which
 * whole turns are taken away part by part, so that no digit of x is lost however large it is.
 *
 * Source: Payne and Hanek, "Radian reduction for trigonometric functions" (1983).
 */
function quarters(l: Lanes, x: Lane): { readonly quarter: Lane; readonly angle: Lane } {
  const parts = l.halves(x).map(half => {
    const turns = TWO_OVER_PI.map(part => {
      const product = l.do('f64x2.mul', half, l.all64(part))
      const whole = l.do('f64x2.nearest', l.do('f64x2.mul', product, l.all64(1 / 4)))
      return l.do('f64x2.sub', product, l.do('f64x2.mul', whole, l.all64(4)))
    })
    const sum = turns.reduce((all, turn) => l.do('f64x2.add', all, turn))
    const quarter = l.do('f64x2.nearest', sum)
    const angle = l.do('f64x2.mul', l.do('f64x2.sub', sum, quarter), l.all64(Math.PI / 2))
    return {
      quarter: l.do('i32x4.trunc_sat_f64x2_s_zero', quarter),
      angle: l.do('f32x4.demote_f64x2_zero', angle),
    }
  })
  const [low, high] = parts as [(typeof parts)[number], (typeof parts)[number]]
  return { quarter: l.joined(low.quarter, high.quarter), angle: l.joined(low.angle, high.angle) }
}

/** The sine or the cosine of the angle, with the sign that the quarter gives it. */
function wave(l: Lanes, angle: Lane, quarter: Lane): Lane {
  const s = l.mul(angle, angle)
  const sin = l.mulAdd(l.mul(angle, s), l.polynomial(s, SIN), angle)
  const cos = l.mulAdd(l.mul(s, s), l.polynomial(s, COS), l.subMul(s, l.all(0.5), l.all(1)))
  const isOdd = l.do('i32x4.eq', l.do('v128.and', quarter, l.bits(1)), l.bits(1))
  const sign = l.shift('i32x4.shl', l.do('v128.and', quarter, l.bits(2)), 30)
  return l.do('v128.xor', l.select(isOdd, cos, sin), sign)
}

export function sin(l: Lanes, x: Lane): Lane {
  const { quarter, angle } = quarters(l, x)
  // -0 stays what it is.
  return l.select(l.do('f32x4.eq', x, l.all(0)), x, wave(l, angle, quarter))
}

export function cos(l: Lanes, x: Lane): Lane {
  const { quarter, angle } = quarters(l, x)
  return wave(l, angle, l.do('i32x4.add', quarter, l.bits(1)))
}

/** The powers of s² in artanh s = s Σ s²ⁿ / (2n + 1) that count in log2, where |s| <= 3 - 2√2. */
const ARTANH = [1 / 15, 1 / 13, 1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3, 1]

/**
 * aᵇ as 2 to the power of b log2 |a|, which is taken in float64, with the sign of a where b is odd. As in C, 1 to any power is
 * 1, and so is anything to the power of 0.
 */
export function pow(l: Lanes, a: Lane, b: Lane): Lane {
  const size = l.abs(a)
  const { exponent, mantissa } = split(l, size)
  const [lowM, highM] = l.halves(mantissa)
  const [lowB, highB] = l.halves(b)
  const exponents = l.do('f32x4.convert_i32x4_s', exponent)
  const [lowE, highE] = l.halves(exponents)
  const part = (m: Lane, e: Lane, b: Lane) => {
    const f = l.do('f64x2.sub', m, l.all64(1))
    const s = l.do('f64x2.div', f, l.do('f64x2.add', m, l.all64(1)))
    const s2 = l.do('f64x2.mul', s, s)
    const [first, ...others] = ARTANH as [number, ...number[]]
    const series = others.reduce(
      (sum, each) => l.do('f64x2.add', l.do('f64x2.mul', sum, s2), l.all64(each)),
      l.all64(first),
    )
    const log2 = l.do('f64x2.add', e, l.do('f64x2.mul', l.do('f64x2.mul', s, series), l.all64(2 / Math.LN2)))
    const product = l.do('f64x2.mul', b, log2)
    const power = l.do('f64x2.pmin', l.do('f64x2.pmax', product, l.all64(-160)), l.all64(130))
    const whole = l.do('f64x2.nearest', power)
    return {
      whole: l.do('i32x4.trunc_sat_f64x2_s_zero', whole),
      rest: l.do(
        'f32x4.demote_f64x2_zero',
        l.do('f64x2.mul', l.do('f64x2.sub', power, whole), l.all64(Math.LN2)),
      ),
    }
  }
  const [low, high] = [part(lowM, lowE, lowB), part(highM, highE, highB)]
  const whole = l.joined(low.whole, high.whole)
  const biased = l.do('i32x4.add', whole, l.bits(2 * BIAS))
  const finite = scaled(l, l.add(series(l, l.joined(low.rest, high.rest), EXP), l.all(1)), biased)
  const magnitude = powerOfEnds(l, size, b, finite)
  const isWhole = l.do('f32x4.eq', l.do('f32x4.floor', b), b)
  const half = l.mul(b, l.all(0.5))
  const isOdd = l.do('v128.and', isWhole, l.do('f32x4.ne', l.do('f32x4.floor', half), half))
  const signed = l.do('v128.xor', magnitude, l.do('v128.and', l.do('v128.and', a, l.bits(0x80000000)), isOdd))
  // -∞ to any power is what ∞ is, but for the sign.
  const isPositive = l.do(
    'v128.or',
    l.do('f32x4.ge', a, l.all(0)),
    l.do('f32x4.eq', size, l.all(Number.POSITIVE_INFINITY)),
  )
  const isDefined = l.do('v128.or', isWhole, isPositive)
  const real = l.select(l.do('v128.or', isDefined, l.do('f32x4.ne', a, a)), signed, l.all(Number.NaN))
  const isOne = l.do('v128.or', l.do('f32x4.eq', a, l.all(1)), l.do('f32x4.eq', b, l.all(0)))
  return l.select(isOne, l.all(1), real)
}

/** The powers of 0, 1 and ∞, of NaN, and powers to NaN; elsewhere y. */
function powerOfEnds(l: Lanes, size: Lane, b: Lane, y: Lane): Lane {
  const growing = l.select(l.do('f32x4.gt', b, l.all(0)), l.all(Number.POSITIVE_INFINITY), l.all(0))
  const shrinking = l.select(l.do('f32x4.gt', b, l.all(0)), l.all(0), l.all(Number.POSITIVE_INFINITY))
  const ofInfinity = l.select(l.do('f32x4.eq', size, l.all(Number.POSITIVE_INFINITY)), growing, y)
  const ofZero = l.select(l.do('f32x4.eq', size, l.all(0)), shrinking, ofInfinity)
  const ofOne = l.select(l.do('f32x4.eq', size, l.all(1)), l.all(1), ofZero)
  const isNumber = l.do('v128.and', l.do('f32x4.eq', size, size), l.do('f32x4.eq', b, b))
  return l.select(isNumber, ofOne, l.all(Number.NaN))
}
