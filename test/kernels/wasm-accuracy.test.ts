/**
 * How far the functions in WebAssembly are from their formulas in float64: in ulps, the distance of neighbours in
 * float32, over all its exponents and both signs.
 */
import { describe, expect, test } from 'vitest'
import type { Kernels, Tensor } from '../../core/index.ts'
import { BUILDS, kernelsOf } from './builds.ts'
import { plainSigmoid, plainSoftplus } from './contract/plain.ts'

interface Accuracy {
  run(k: Kernels, x: Tensor): Tensor
  formula(x: number): number
  /** No result is further off. */
  readonly ulps: number
}

const functions: Record<string, Accuracy> = {
  exp: { run: (k, x) => k.exp(x), formula: Math.exp, ulps: 1 },
  expm1: { run: (k, x) => k.expm1(x), formula: Math.expm1, ulps: 1.5 },
  log: { run: (k, x) => k.log(x), formula: Math.log, ulps: 1 },
  tanh: { run: (k, x) => k.tanh(x), formula: Math.tanh, ulps: 3 },
  sigmoid: { run: (k, x) => k.sigmoid(x), formula: plainSigmoid, ulps: 2.5 },
  softplus: { run: (k, x) => k.softplus(x), formula: plainSoftplus, ulps: 2 },
}

/** Steps over the mantissa, with an odd one, so that no bit stays as it is. */
const MANTISSAS = 64
const STEP = 2 ** 23 / MANTISSAS + 1

/** Numbers of every exponent and sign: zeros, subnormal and normal ones, the largest, infinities, and NaN. */
const everywhere = (): Float32Array => {
  const bits: number[] = []
  for (const sign of [0, 1]) {
    for (let exponent = 0; exponent < 255; exponent++) {
      for (let i = 0; i < MANTISSAS; i++)
        bits.push(sign * 2 ** 31 + exponent * 2 ** 23 + ((i * STEP) % 2 ** 23))
      bits.push(sign * 2 ** 31 + exponent * 2 ** 23 + 2 ** 23 - 1)
    }
    bits.push(sign * 2 ** 31 + 255 * 2 ** 23)
  }
  bits.push(0x7fc00000)
  return new Float32Array(Uint32Array.from(bits).buffer)
}

/** Every number from -110 to 110 in even steps: where the functions bend. */
const between = (): Float32Array => Float32Array.from({ length: 44_001 }, (_, i) => (i - 22_000) / 200)

/** The distance to the formula; NaN and infinities must be as they are there. */
function ulpsBetween(got: number, expected: number): number {
  const rounded = Math.fround(expected)
  if (Object.is(got, rounded)) return 0
  if (Number.isNaN(got) || Number.isNaN(expected)) return Number.POSITIVE_INFINITY
  // Beyond the largest number there is one more, as it were, before ∞.
  const [a, b] = [got, expected].map(x => Math.max(Math.min(x, 2 ** 128), -(2 ** 128))) as [number, number]
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(b))), -126)
  return Math.abs(a - b) / 2 ** (Math.min(exponent, 127) - 23)
}

describe.each(BUILDS)('the %s build', build => {
  test('log is as often too large as too small near √2, where its series ends too soon if anywhere', () => {
    const k = kernelsOf(build)
    const xs = Float32Array.from({ length: 2 ** 16 }, (_, i) => 1.39 + (i / 2 ** 16) * (Math.SQRT2 - 1.39))
    const y = k.log(k.tensor([xs.length], xs))
    // All logarithms are from ¼ to ½, where neighbours are 2^-25 apart.
    const off = xs.reduce((sum, x, i) => sum + ((y.data[i] as number) - Math.log(x)) * 2 ** 25, 0)
    expect(Math.abs(off / xs.length)).toBeLessThan(0.02)
  })

  describe.each(Object.entries(functions))('%s', (name, { run, formula, ulps }) => {
    test.each([
      ['of every exponent', everywhere()],
      ['where functions bend', between()],
    ])(`is off by ${ulps} ulps at most for numbers %s`, (_, xs) => {
      const k = kernelsOf(build)
      const y = run(k, k.tensor([xs.length], xs))
      let worst = { ulps: 0, x: 0, got: 0, expected: 0 }
      xs.forEach((x, i) => {
        const [got, expected] = [y.data[i] as number, formula(x)]
        const off = ulpsBetween(got, expected)
        if (off > worst.ulps) worst = { ulps: off, x, got, expected }
      })
      expect(worst.ulps, `${name}(${worst.x}) is ${worst.got}, not ${worst.expected}`).toBeLessThanOrEqual(
        ulps,
      )
    })
  })
})
