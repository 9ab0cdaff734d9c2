/** Distances in ulps, and the numbers at which functions of float32 are tried. */

/** Steps over the mantissa, with an odd one, so that no bit stays as it is. */
const MANTISSAS = 64
const STEP = 2 ** 23 / MANTISSAS + 1

/** Numbers of every exponent and sign: zeros, subnormal and normal ones, the largest, infinities, and NaN. */
export const everywhere = (): Float32Array => {
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
export const between = (): Float32Array => Float32Array.from({ length: 44_001 }, (_, i) => (i - 22_000) / 200)

/** The distance to the formula; NaN and infinities must be as they are there. */
export function ulpsBetween(got: number, expected: number): number {
  const rounded = Math.fround(expected)
  if (Object.is(got, rounded)) return 0
  if (Number.isNaN(got) || Number.isNaN(expected)) return Number.POSITIVE_INFINITY
  // Beyond the largest number there is one more, as it were, before ∞.
  const [a, b] = [got, expected].map(x => Math.max(Math.min(x, 2 ** 128), -(2 ** 128))) as [number, number]
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(b))), -126)
  return Math.abs(a - b) / 2 ** (Math.min(exponent, 127) - 23)
}
