/** How far the functions of generated code are from their formulas in float64, over all exponents and both signs. */
import { describe, expect, test } from 'vitest'
import type { EntryOperation } from '../../../core/index.ts'
import type { Term } from '../../../kernels/compiling/loop.ts'
import { erf } from '../../../kernels/reference/erf.ts'
import { scalar } from '../../../kernels/reference/reference-arithmetic.ts'
import { BUILDS } from '../builds.ts'
import { between, everywhere, ulpsBetween } from '../ulps.ts'
import { compiled } from './compiled.ts'

const BOUNDS: readonly [operation: EntryOperation, formula: (x: number) => number, ulps: number][] = [
  ['exp', Math.exp, 1.5],
  ['expm1', Math.expm1, 2],
  ['log', Math.log, 1],
  ['log1p', Math.log1p, 2],
  ['sin', Math.sin, 2],
  ['cos', Math.cos, 2],
  ['tanh', Math.tanh, 4.5],
  ['sigmoid', x => 1 / (1 + Math.exp(-x)), 2.5],
  ['erf', erf, 6],
  ['sqrt', Math.sqrt, 0.5],
]

/** y = operation(x, ...) of as many numbers as there are, with numbers that stay the same behind them. */
function applied(
  operation: EntryOperation,
  xs: Float32Array,
  relaxed: boolean,
  ...others: number[]
): Float32Array {
  const access = (tensor: number) => ({ tensor, strides: [0, 1] })
  const terms: Term[] = [
    { kind: 'read', access: access(0) },
    ...others.map(value => ({ kind: 'constant', value }) as const),
    { kind: 'apply', operation, operands: [0, ...others.map((_, i) => i + 1)] },
  ]
  const loop = { space: [1, xs.length], terms, stores: [{ term: terms.length - 1, access: access(1) }] }
  const size = xs.byteLength + 64
  const { memory, run } = compiled(loop, relaxed, scratch => 2 * size + scratch)
  new Float32Array(memory.buffer, 0, xs.length).set(xs)
  const end = Math.ceil(size / 64) * 64
  run(0, end, 0, 0)
  return new Float32Array(memory.buffer, end, xs.length)
}

describe.each(BUILDS)('with %s SIMD', build => {
  describe.each(BOUNDS)('%s', (operation, formula, ulps) => {
    test.each([
      ['of every exponent', everywhere()],
      ['where functions bend', between()],
    ])(`is off by ${ulps} ulps at most for numbers %s`, (_, xs) => {
      const ys = applied(operation, xs, build === 'relaxed')
      let worst = { ulps: 0, x: 0, got: 0, expected: 0 }
      xs.forEach((x, i) => {
        const [got, expected] = [ys[i] as number, formula(x)]
        const off = ulpsBetween(got, expected)
        if (off > worst.ulps) worst = { ulps: off, x, got, expected }
      })
      expect(
        worst.ulps,
        `${operation}(${worst.x}) is ${worst.got}, not ${worst.expected}`,
      ).toBeLessThanOrEqual(ulps)
    })
  })

  const EXPONENTS = [
    0,
    1,
    -1,
    2,
    3,
    -3,
    0.5,
    -0.5,
    1 / 3,
    10,
    77.7,
    -100,
    1e-10,
    1e10,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
  ]
  test.each(EXPONENTS)('numbers to the power of %d are off by 2 ulps at most', exponent => {
    const b = Math.fround(exponent)
    for (const xs of [everywhere(), between(), Float32Array.of(0, -0, 1, -1, Number.NaN, 1e38, -1e38)]) {
      const ys = applied('pow', xs, build === 'relaxed', b)
      xs.forEach((x, i) => {
        const [got, expected] = [ys[i] as number, scalar('pow', x, b, 0)]
        if (ulpsBetween(got, expected) > 2)
          expect.fail(`${x} to the power of ${b} is ${got}, not ${expected}`)
      })
    }
  })
})
