/** The derivation of docs/mathematics.md, written out in plain loops, so that no kernel vouches for itself. */

export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
  at(i: number, j: number): number
}

export function matrix(rows: number, columns: number, entry: (i: number, j: number) => number): Matrix {
  const data = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) data[i * columns + j] = entry(i, j)
  return { rows, columns, data, at: (i, j) => data[i * columns + j] as number }
}

function sum(count: number, term: (k: number) => number): number {
  let total = 0
  for (let k = 0; k < count; k++) total += term(k)
  return total
}

export const each = (a: Matrix, f: (entry: number) => number) =>
  matrix(a.rows, a.columns, (i, j) => f(a.at(i, j)))
export const both = (a: Matrix, b: Matrix, f: (a: number, b: number) => number) =>
  matrix(a.rows, a.columns, (i, j) => f(a.at(i, j), b.at(i, j)))
const times = (a: Matrix, b: Matrix) =>
  matrix(a.rows, b.columns, (i, j) => sum(a.columns, k => a.at(i, k) * b.at(k, j)))
const transposed = (a: Matrix) => matrix(a.columns, a.rows, (i, j) => a.at(j, i))
const overSamples = (a: Matrix) => matrix(1, a.columns, (_, j) => sum(a.rows, i => a.at(i, j)))
const overAll = (a: Matrix) => sum(a.rows, i => sum(a.columns, j => a.at(i, j)))

/** How a network ends: what follows Z3. */
export interface Ending {
  A3(Z3: Matrix): Matrix
  J(A3: Matrix, y: Matrix): number
  dA3(A3: Matrix, y: Matrix): Matrix
  dZ3(A3: Matrix, y: Matrix): Matrix
}

/** Sigmoid and binary cross-entropy. */
export const classification: Ending = {
  A3: Z3 => each(Z3, z => 1 / (1 + Math.exp(-z))),
  J: (A3, y) => -overAll(both(A3, y, (a, t) => t * Math.log(a) + (1 - t) * Math.log(1 - a))) / y.rows,
  dA3: (A3, y) => both(A3, y, (a, t) => (a - t) / (a * (1 - a)) / y.rows),
  dZ3: (A3, y) => both(A3, y, (a, t) => (a - t) / y.rows),
}

/** Linear output and mean squared error. */
export const regression: Ending = {
  A3: Z3 => Z3,
  J: (A3, y) => overAll(both(A3, y, (a, t) => (a - t) ** 2)) / y.rows,
  dA3: (A3, y) => both(A3, y, (a, t) => (2 / y.rows) * (a - t)),
  dZ3: (A3, y) => both(A3, y, (a, t) => (2 / y.rows) * (a - t)),
}

/** Softmax and categorical cross-entropy. */
export const manyClasses: Ending = {
  A3: Z3 =>
    matrix(
      Z3.rows,
      Z3.columns,
      (i, j) => Math.exp(Z3.at(i, j)) / sum(Z3.columns, k => Math.exp(Z3.at(i, k))),
    ),
  J: (A3, y) => -overAll(both(A3, y, (a, t) => t * Math.log(a))) / y.rows,
  dA3: (A3, y) => both(A3, y, (a, t) => -t / a / y.rows),
  dZ3: (A3, y) => both(A3, y, (a, t) => (a - t) / y.rows),
}

export type ParameterName = 'W1' | 'b1' | 'W2' | 'b2' | 'W3' | 'b3'
export type Parameters = Readonly<Record<ParameterName, Matrix>>

/** Everything that the derivation speaks of, for one batch, by the names that it has there. */
export function derive(ending: Ending, { W1, b1, W2, b2, W3, b3 }: Parameters, X: Matrix, y: Matrix) {
  const affine = (A: Matrix, W: Matrix, b: Matrix) => {
    const product = times(A, W)
    return matrix(A.rows, W.columns, (i, j) => product.at(i, j) + b.at(0, j))
  }
  const throughRelu = (dA: Matrix, Z: Matrix) => both(dA, Z, (d, z) => (z > 0 ? d : 0))

  const Z1 = affine(X, W1, b1)
  const A1 = each(Z1, z => Math.max(z, 0))
  const Z2 = affine(A1, W2, b2)
  const A2 = each(Z2, z => Math.max(z, 0))
  const Z3 = affine(A2, W3, b3)
  const A3 = ending.A3(Z3)
  const J = matrix(1, 1, () => ending.J(A3, y))

  const dA3 = ending.dA3(A3, y)
  const dZ3 = ending.dZ3(A3, y)
  const dA2 = times(dZ3, transposed(W3))
  const dZ2 = throughRelu(dA2, Z2)
  const dA1 = times(dZ2, transposed(W2))
  const dZ1 = throughRelu(dA1, Z1)
  const dX = times(dZ1, transposed(W1))

  const parameterGradients: Parameters = {
    W1: times(transposed(X), dZ1),
    b1: overSamples(dZ1),
    W2: times(transposed(A1), dZ2),
    b2: overSamples(dZ2),
    W3: times(transposed(A2), dZ3),
    b3: overSamples(dZ3),
  }
  return {
    values: { X, y, Z1, A1, Z2, A2, Z3, A3, J },
    gradients: { dA3, dZ3, dA2, dZ2, dA1, dZ1, dX },
    parameterGradients,
  }
}
