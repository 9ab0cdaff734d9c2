/** The matrix product in its three transpositions, each with the loop order that reads memory in sequence. */
import type { Numbers } from '../../core/index.ts'

/** y [m, n] = a [m, k] · b [k, n] */
export function matMulNN(y: Numbers, a: Numbers, b: Numbers, m: number, n: number, k: number): void {
  const row = new Float64Array(n)
  for (let i = 0; i < m; i++) {
    row.fill(0)
    for (let p = 0; p < k; p++) {
      const factor = a[i * k + p] as number
      for (let j = 0; j < n; j++) row[j] = (row[j] as number) + factor * (b[p * n + j] as number)
    }
    y.set(row, i * n)
  }
}

/** y [m, n] = a [m, k] · bᵀ, for b [n, k] */
export function matMulNT(y: Numbers, a: Numbers, b: Numbers, m: number, n: number, k: number): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let p = 0; p < k; p++) sum += (a[i * k + p] as number) * (b[j * k + p] as number)
      y[i * n + j] = sum
    }
  }
}

/** y [m, n] = aᵀ · b, for a [k, m] and b [k, n] */
export function matMulTN(y: Numbers, a: Numbers, b: Numbers, m: number, n: number, k: number): void {
  const row = new Float64Array(n)
  for (let i = 0; i < m; i++) {
    row.fill(0)
    for (let p = 0; p < k; p++) {
      const factor = a[p * m + i] as number
      for (let j = 0; j < n; j++) row[j] = (row[j] as number) + factor * (b[p * n + j] as number)
    }
    y.set(row, i * n)
  }
}
