/** Principal components: the two directions in which rows of numbers vary most. */

/** Directions that are searched for together: more than two, so that those of similar variance do not hold each other up. */
const SEARCHED = 8
const ROUNDS = 200

export interface Projected {
  /** x and y of each row in turn. */
  readonly points: Float64Array
  /** The share of the whole variance along x and along y. */
  readonly shares: readonly [number, number]
}

/**
 * The coordinates of `count` rows of `width` numbers along their first two principal components, X - mean = U S Vᵀ: U S. By subspace
 * iteration, V ← orthonormal (XᵀX V): Halko, Martinsson and Tropp, "Finding structure with randomness" (2011), section 4.5.
 */
export function principal(rows: Float64Array, count: number, width: number): Projected {
  const centred = Float64Array.from(rows)
  for (let j = 0; j < width; j++) {
    let mean = 0
    for (let i = 0; i < count; i++) mean += centred[i * width + j] as number
    mean /= count
    for (let i = 0; i < count; i++) centred[i * width + j] = (centred[i * width + j] as number) - mean
  }
  const gram = width <= count ? gramOf(centred, count, width) : undefined
  // XᵀX v
  const spread = (v: Float64Array) =>
    gram
      ? times(gram, width, width, v)
      : transposedTimes(centred, count, width, times(centred, count, width, v))
  const random = randomOf(1)
  const size = Math.min(SEARCHED, width)
  let directions: Float64Array[] = Array.from({ length: size }, () =>
    Float64Array.from({ length: width }, () => random() - 0.5),
  )
  orthonormalize(directions)
  let before = 0
  for (let round = 0; round < ROUNDS; round++) {
    const next = directions.map(spread)
    const found = next.map((each, i) => dot(each, directions[i] as Float64Array)).sort((a, b) => b - a)
    directions = next
    orthonormalize(directions)
    const now = (found[0] ?? 0) + (found[1] ?? 0)
    if (Math.abs(now - before) <= 1e-12 * now) break
    before = now
  }
  // Within the subspace, the exact directions: the eigenvectors of the small matrix Vᵀ XᵀX V.
  const along = directions.map(direction => times(centred, count, width, direction))
  const turns = eigenvectors(along.map(a => along.map(b => dot(a, b))))
  const whole = dot(centred, centred)
  const points = new Float64Array(2 * count)
  const shares: [number, number] = [0, 0]
  for (const axis of [0, 1] as const) {
    const turn = turns[axis]
    if (!turn) continue
    for (let i = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < size; k++) sum += (turn.vector[k] as number) * (along[k]?.[i] as number)
      points[2 * i + axis] = sum
    }
    shares[axis] = whole > 0 ? turn.value / whole : 0
  }
  return { points, shares }
}

/** XᵀX */
function gramOf(x: Float64Array, count: number, width: number): Float64Array {
  const gram = new Float64Array(width * width)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < width; j++) {
      const factor = x[i * width + j] as number
      for (let k = 0; k <= j; k++)
        gram[j * width + k] = (gram[j * width + k] as number) + factor * (x[i * width + k] as number)
    }
  }
  for (let j = 0; j < width; j++)
    for (let k = 0; k < j; k++) gram[k * width + j] = gram[j * width + k] as number
  return gram
}

/** X v */
function times(x: Float64Array, count: number, width: number, v: Float64Array): Float64Array {
  const product = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    let sum = 0
    for (let j = 0; j < width; j++) sum += (x[i * width + j] as number) * (v[j] as number)
    product[i] = sum
  }
  return product
}

/** Xᵀ u */
function transposedTimes(x: Float64Array, count: number, width: number, u: Float64Array): Float64Array {
  const product = new Float64Array(width)
  for (let i = 0; i < count; i++) {
    const factor = u[i] as number
    for (let j = 0; j < width; j++)
      product[j] = (product[j] as number) + factor * (x[i * width + j] as number)
  }
  return product
}

/** Gram and Schmidt, twice, since once is not exact enough. A direction that is nothing but others becomes 0. */
function orthonormalize(directions: readonly Float64Array[]): void {
  directions.forEach((own, at) => {
    const length = Math.sqrt(dot(own, own))
    for (let again = 0; again < 2; again++) {
      for (const other of directions.slice(0, at)) {
        const share = dot(own, other)
        for (let j = 0; j < own.length; j++) own[j] = (own[j] as number) - share * (other[j] as number)
      }
    }
    const rest = Math.sqrt(dot(own, own))
    const scale = rest > 1e-10 * length ? 1 / rest : 0
    for (let j = 0; j < own.length; j++) own[j] = scale * (own[j] as number)
  })
}

/** Those of a small symmetric matrix, the largest eigenvalue first: rotations after Jacobi (1846). */
function eigenvectors(given: readonly (readonly number[])[]): { value: number; vector: number[] }[] {
  const size = given.length
  const a = given.map(row => [...row])
  const v = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)))
  const at = (m: number[][], i: number, j: number) => m[i]?.[j] as number
  const put = (m: number[][], i: number, j: number, value: number) => {
    ;(m[i] as number[])[j] = value
  }
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        if (at(a, p, q) === 0) continue
        const angle = 0.5 * Math.atan2(2 * at(a, p, q), at(a, q, q) - at(a, p, p))
        const [c, s] = [Math.cos(angle), Math.sin(angle)]
        for (let k = 0; k < size; k++) {
          const [x, y] = [at(a, k, p), at(a, k, q)]
          put(a, k, p, c * x - s * y)
          put(a, k, q, s * x + c * y)
        }
        for (let k = 0; k < size; k++) {
          const [x, y] = [at(a, p, k), at(a, q, k)]
          put(a, p, k, c * x - s * y)
          put(a, q, k, s * x + c * y)
          const [u, w] = [at(v, k, p), at(v, k, q)]
          put(v, k, p, c * u - s * w)
          put(v, k, q, s * u + c * w)
        }
      }
    }
  }
  return a
    .map((_, j) => ({ value: at(a, j, j), vector: v.map(row => row[j] as number) }))
    .sort((x, y) => y.value - x.value)
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

/** Numbers from 0 to 1, the same for the same seed: a linear congruential generator with the constants of Knuth's MMIX, in halves. */
export function randomOf(seed: number): () => number {
  let state = BigInt(seed)
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n)
    return Number(state >> 11n) / 2 ** 53
  }
}

/** Turns axes around so that points stay near where they were. */
export function alignedWith(points: Float64Array, before: Float64Array | undefined): Float64Array {
  if (before?.length !== points.length) return points
  const sums = [0, 0]
  for (let i = 0; i < points.length; i++)
    sums[i % 2] = (sums[i % 2] as number) + (points[i] as number) * (before[i] as number)
  return points.map((value, i) => ((sums[i % 2] as number) < 0 ? -value : value))
}
