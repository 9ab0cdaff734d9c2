/**
 * How far the functions in WebAssembly are from their formulas in float64: in ulps, the distance of neighbours in
 * float32, over all its exponents and both signs.
 */
import { describe, expect, test } from 'vitest'
import type { Kernels, Tensor } from '../../core/index.ts'
import { BUILDS, kernelsOf } from './builds.ts'
import { plainSigmoid, plainSoftplus } from './contract/plain.ts'
import { between, everywhere, ulpsBetween } from './ulps.ts'

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
  tanh: { run: (k, x) => k.tanh(x), formula: Math.tanh, ulps: 4.5 },
  sigmoid: { run: (k, x) => k.sigmoid(x), formula: plainSigmoid, ulps: 2.5 },
  softplus: { run: (k, x) => k.softplus(x), formula: plainSoftplus, ulps: 2 },
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
