/**
 * Initializers by name, as in Keras. Each takes a shape and a key and gives numbers in float64.
 *
 * Fans as in Keras: a kernel [in, out] has fanIn = in and fanOut = out; axes before those two are a receptive
 * field that multiplies both.
 */
import {
  GradstreamError,
  type Initializer,
  type InitializerLike,
  listOf,
  type Shape,
  show,
  sizeOf,
} from '../../core/index.ts'

export const zeros: Initializer = shape => new Float64Array(sizeOf(shape))

export const ones: Initializer = shape => new Float64Array(sizeOf(shape)).fill(1)

/** Uniform in ±√(6 / (fanIn + fanOut)); Glorot and Bengio (2010). */
export const glorotUniform: Initializer = (shape, key) => {
  const { fanIn, fanOut } = fans(shape)
  const limit = Math.sqrt(6 / (fanIn + fanOut))
  return key.uniform(sizeOf(shape), -limit, limit)
}

/** Normal with the variance 2 / (fanIn + fanOut), cut at two standard deviations; Glorot and Bengio (2010). */
export const glorotNormal: Initializer = (shape, key) => {
  const { fanIn, fanOut } = fans(shape)
  return truncated(shape, key, Math.sqrt(2 / (fanIn + fanOut)))
}

/** Uniform in ±√(6 / fanIn), for layers before a relu; He et al. (2015). */
export const heUniform: Initializer = (shape, key) => {
  const limit = Math.sqrt(6 / fans(shape).fanIn)
  return key.uniform(sizeOf(shape), -limit, limit)
}

/** Normal with the variance 2 / fanIn, cut at two standard deviations, for layers before a relu; He et al. (2015). */
export const heNormal: Initializer = (shape, key) => truncated(shape, key, Math.sqrt(2 / fans(shape).fanIn))

/** Uniform in ±0.05. */
export const randomUniform: Initializer = (shape, key) => key.uniform(sizeOf(shape), -0.05, 0.05)

/** Normal with the variance 1 / fanIn, cut at two standard deviations; LeCun et al. (1998). */
export const lecunNormal: Initializer = (shape, key) =>
  truncated(shape, key, Math.sqrt(1 / fans(shape).fanIn))

/** Uniform in ±√(3 / fanIn); LeCun et al. (1998). */
export const lecunUniform: Initializer = (shape, key) => {
  const limit = Math.sqrt(3 / fans(shape).fanIn)
  return key.uniform(sizeOf(shape), -limit, limit)
}

/** Normal with the standard deviation 0.05. */
export const randomNormal: Initializer = (shape, key) => key.normal(sizeOf(shape)).map(draw => draw * 0.05)

/** Normal with the standard deviation 0.05, cut at two of them. */
export const truncatedNormal: Initializer = (shape, key) => truncated(shape, key, 0.05 * TRUNCATED_DEVIATION)

/** 1 on the diagonal of a matrix, 0 elsewhere. */
export const identity: Initializer = shape => {
  const columns = shape.at(-1) ?? 1
  return new Float64Array(sizeOf(shape)).map((_, i) => Number(Math.floor(i / columns) === i % columns))
}

/**
 * Rows, or columns where there are fewer, that are orthogonal and of length 1; axes before the last are rows. From normal numbers, by the
 * method of Gram and Schmidt, twice, so that rounding leaves no angle. Saxe, McClelland and Ganguli (2014).
 */
export const orthogonal: Initializer = (shape, key) => {
  const columns = shape.at(-1) ?? 1
  const rows = sizeOf(shape) / columns
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows]
  const draws = key.normal(count * length)
  const vectors = Array.from({ length: count }, (_, i) => draws.slice(i * length, (i + 1) * length))
  for (const [i, vector] of vectors.entries()) {
    for (const other of [...vectors.slice(0, i), ...vectors.slice(0, i)]) {
      const along = vector.reduce((sum, x, j) => sum + x * (other[j] as number), 0)
      for (let j = 0; j < length; j++) vector[j] = (vector[j] as number) - along * (other[j] as number)
    }
    const size = Math.hypot(...vector)
    for (let j = 0; j < length; j++) vector[j] = (vector[j] as number) / size
  }
  return new Float64Array(rows * columns).map((_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns]
    return (rows < columns ? vectors[row]?.[column] : vectors[column]?.[row]) as number
  })
}

const INITIALIZERS = {
  zeros,
  ones,
  identity,
  orthogonal,
  randomNormal,
  randomUniform,
  truncatedNormal,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
}

/** The names that a config may hold. */
export type InitializerName = keyof typeof INITIALIZERS

export const initializerNames = Object.keys(INITIALIZERS) as readonly InitializerName[]

/** Looks an initializer up; one of the user's own is taken as it is. */
export function initializerOf(initializer: InitializerLike, place: string): Initializer {
  if (typeof initializer === 'function') return initializer
  if (Object.hasOwn(INITIALIZERS, initializer)) return INITIALIZERS[initializer]
  throw new GradstreamError('UNKNOWN_NAME', {
    place,
    expected: `one of the initializers ${listOf(initializerNames)}`,
    got: show(initializer),
  })
}

function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) return { fanIn: sizeOf(shape), fanOut: sizeOf(shape) }
  const field = sizeOf(shape.slice(0, -2))
  return { fanIn: field * (shape.at(-2) as number), fanOut: field * (shape.at(-1) as number) }
}

/** The standard deviation of a standard normal that is cut at ±2; dividing by it restores the variance. */
const TRUNCATED_DEVIATION = 0.8796256610342398

function truncated(shape: Shape, key: Parameters<Initializer>[1], deviation: number): Float64Array {
  const values = new Float64Array(sizeOf(shape))
  // Draws beyond ±2 (4.6 % of them) are drawn again, each round from a key of its own.
  let open = Array.from(values.keys())
  for (let round = 0; open.length > 0; round++) {
    const draws = key.child(round).normal(open.length)
    open = open.filter((place, i) => {
      const draw = draws[i] as number
      values[place] = (draw * deviation) / TRUNCATED_DEVIATION
      return Math.abs(draw) > 2
    })
  }
  return values
}
