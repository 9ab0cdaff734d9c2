/**
 * erf x = 2/√π e^-x² Σ 2ⁿ x²ⁿ⁺¹ / (1 · 3 · ... · (2n + 1)), a series in which no part cancels another.
 *
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6.
 */
export function erf(x: number): number {
  // From 6 on it is 1 to the last digit.
  if (!(Math.abs(x) < 6)) return Number.isNaN(x) ? x : Math.sign(x)
  if (x === 0) return x
  let [term, sum] = [x, x]
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}
