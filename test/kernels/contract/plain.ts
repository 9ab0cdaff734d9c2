/** Plain formulas, in float64 and as slow as they please: what the contract measures kernels against. */
import {
  RandomKey,
  type Shape,
  sizeOf,
  type Tensor,
  type Transposition,
  threefry2x32,
} from '../../../core/index.ts'

export const numbers = ({ data }: Tensor): number[] => Array.from(data)

export const plainSum = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

/** For each entry of a tensor of shape `shape`, the place in a smaller tensor that repeats to it. */
export function places(shape: Shape, small: Shape): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => {
    let rest = i
    let place = 0
    let stride = 1
    for (let axis = 1; axis <= shape.length; axis++) {
      const length = shape.at(-axis) as number
      const own = small.at(-axis) ?? 1
      if (own > 1) place += (rest % length) * stride
      rest = Math.floor(rest / length)
      stride *= own
    }
    return place
  })
}

/** The shape of two tensors repeated to fit, and `f` of their entries. */
export function repeated(
  a: Tensor,
  b: Tensor,
  f: (a: number, b: number) => number,
): readonly [Shape, readonly number[]] {
  const rank = Math.max(a.shape.length, b.shape.length)
  const shape = Array.from({ length: rank }, (_, axis) => {
    const [left = 1, right = 1] = [a.shape, b.shape].map(shape => shape.toReversed()[rank - 1 - axis])
    return left === 1 ? right : left
  })
  const [left, right] = [places(shape, a.shape), places(shape, b.shape)]
  return [shape, left.map((place, i) => f(a.data[place] as number, b.data[right[i] as number] as number))]
}

/** y[i, j] = Σ a[i, p] b[p, j], with a or b read transposed. */
export function plainProduct(
  { data: a }: Tensor,
  { data: b }: Tensor,
  [m, n, inner]: readonly [number, number, number],
  transposition: Transposition = 'nn',
): number[] {
  const left = (i: number, p: number) => a[transposition === 'tn' ? p * m + i : i * inner + p] as number
  const right = (p: number, j: number) => b[transposition === 'nt' ? j * inner + p : p * n + j] as number
  return Array.from({ length: m * n }, (_, at) => {
    let sum = 0
    for (let p = 0; p < inner; p++) sum += left(Math.floor(at / n), p) * right(p, at % n)
    return sum
  })
}

/** The words of a key as numbers in [0, 1). */
export const plainUniform = (key: RandomKey, count: number): number[] =>
  Array.from(key.bits(count), word => (word >>> 8) / 16_777_216)

/** Of 16 numbers and four counters, each half of each word of all four in turns; where it is at the limit, another word. */
export function plainBernoulli({ k0, k1 }: RandomKey, probability: number, count: number): number[] {
  const [whole, rest] = [Math.floor(probability * 65_536), (probability * 65_536) % 1]
  const words = new Uint32Array(2)
  const wordOf = (c0: number, c1: number, word: number) => {
    threefry2x32(k0, k1, c0, c1, words)
    return words[word] as number
  }
  return Array.from({ length: count }, (_, i) => {
    const word = wordOf(0, Math.floor(i / 16) * 4 + (i % 4), Math.floor(i / 8) % 2)
    const half = Math.floor(i / 4) % 2 === 1 ? Math.floor(word / 65_536) : word % 65_536
    if (half !== whole) return Number(half < whole)
    return Number(wordOf(1, i, 0) / 2 ** 32 < rest)
  })
}

const pools = new Map<number, Float32Array>()

/** The first numbers of an endless row in [-2, 2), the same in each run; float32 holds each of them exactly. */
export const pool = (count: number, seed = 0): number[] => Array.from(typedPool(count, seed))

/** The same, not to be changed. */
export function typedPool(count: number, seed = 0): Float32Array {
  let known = pools.get(seed)
  if (!known || known.length < count) {
    known = Float32Array.from(RandomKey.of(7).child(seed).uniform(Math.max(count, 20_000), -2, 2))
    pools.set(seed, known)
  }
  return known.subarray(0, count)
}

export const plainSigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
export const plainSoftplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** The rows of a list of numbers. */
export const cut = (values: readonly number[], length: number): number[][] =>
  Array.from({ length: values.length / length }, (_, i) => values.slice(i * length, (i + 1) * length))

export function plainSoftmax(row: readonly number[]): number[] {
  const top = Math.max(...row)
  const powers = row.map(x => Math.exp(x - top))
  const sum = plainSum(powers)
  return powers.map(power => power / sum)
}

export function plainLogSoftmax(row: readonly number[]): number[] {
  const top = Math.max(...row)
  const logSum = Math.log(plainSum(row.map(x => Math.exp(x - top))))
  return row.map(x => x - top - logSum)
}
