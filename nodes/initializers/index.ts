/**
 * Initializers by name, as in Keras, and with options as plain data. Each takes a shape and a key and gives numbers in float64.
 *
 * Fans as in Keras: a kernel [in, out] has fanIn = in and fanOut = out; axes before those two are a receptive
 * field that multiplies both.
 */
import {
  CheckFailed,
  check,
  checkedAt,
  didYouMean,
  GradstreamError,
  type Initializer,
  type InitializerLike,
  type InitializerSpec,
  isRecord,
  listOf,
  type Shape,
  show,
  sizeOf,
} from '../../core/index.ts'

interface Kind<Options extends object> {
  /** Options in, full and checked ones out. */
  config(options: Options): Required<Options>
  make(options: Required<Options>): Initializer
}

/** A kind with its types forgotten, as a table holds it. */
type AnyKind = Kind<Record<string, unknown>>

const kinds = new Map<string, AnyKind>()

/** Registers a kind of initializer under its name, and gives the function that makes it. */
function defined<Options extends object>(
  name: InitializerName,
  kind: Kind<Options>,
): (options: Options) => InitializerSpec {
  kinds.set(name, kind as unknown as AnyKind)
  return options =>
    checkedAt(`initializer.${name}`, 'INVALID_OPTION', () => configured(name, check.options(options)))
}

/** Registers a kind without options. */
const plain = (name: InitializerName, make: Initializer) =>
  kinds.set(name, { config: () => ({}), make: () => make })

export interface ConstantOptions {
  /** The number. Required. */
  readonly value: number
}

/** One number for all. */
export const constant = defined('constant', {
  config: ({ value = 0 }: ConstantOptions) => ({ value: check.finiteNumber({ value }) }),
  make:
    ({ value }) =>
    shape =>
      new Float64Array(sizeOf(shape)).fill(value),
})

plain('zeros', shape => new Float64Array(sizeOf(shape)))
plain('ones', shape => new Float64Array(sizeOf(shape)).fill(1))

export interface RandomNormalOptions {
  /**
   * The mean.
   *
   * @default 0
   */
  readonly mean?: number
  /**
   * The standard deviation.
   *
   * @default 0.05
   */
  readonly deviation?: number
}

const normalConfig = ({ mean = 0, deviation = 0.05 }: RandomNormalOptions) => ({
  mean: check.finiteNumber({ mean }),
  deviation: check.nonNegativeNumber({ deviation }),
})

/** Normal numbers. */
export const randomNormal = defined('randomNormal', {
  config: normalConfig,
  make:
    ({ mean, deviation }) =>
    (shape, key) =>
      key.normal(sizeOf(shape)).map(draw => mean + draw * deviation),
})

export interface TruncatedNormalOptions extends RandomNormalOptions {}

/** Normal numbers, those beyond two standard deviations drawn again. */
export const truncatedNormal = defined('truncatedNormal', {
  config: normalConfig,
  make:
    ({ mean, deviation }) =>
    (shape, key) =>
      truncated(shape, key, deviation * TRUNCATED_DEVIATION).map(draw => mean + draw),
})

export interface RandomUniformOptions {
  /**
   * The smallest number.
   *
   * @default -0.05
   */
  readonly minimum?: number
  /**
   * The number that all are less than.
   *
   * @default 0.05
   */
  readonly maximum?: number
}

/** Numbers in an interval, each as likely as the others. */
export const randomUniform = defined('randomUniform', {
  config({ minimum = -0.05, maximum = 0.05 }: RandomUniformOptions) {
    check.finiteNumber({ minimum })
    check.finiteNumber({ maximum })
    if (minimum < maximum) return { minimum, maximum }
    throw new CheckFailed(`maximum to be above minimum, which is ${minimum}`, show(maximum), {
      option: 'maximum',
    })
  },
  make:
    ({ minimum, maximum }) =>
    (shape, key) =>
      key.uniform(sizeOf(shape), minimum, maximum),
})

export interface VarianceScalingOptions {
  /**
   * What the variance is, times the fan: 1 after LeCun and Glorot, 2 before a relu.
   *
   * @default 1
   */
  readonly scale?: number
  /**
   * Whether the fan counts what goes into a unit, what comes out, or their mean.
   *
   * @default 'fanIn'
   */
  readonly mode?: 'fanIn' | 'fanOut' | 'fanAverage'
  /**
   * What the numbers are drawn from.
   *
   * @default 'truncatedNormal'
   */
  readonly distribution?: 'truncatedNormal' | 'normal' | 'uniform'
}

/** The variance scale / fan. */
const scaled =
  ({ scale, mode, distribution }: Required<VarianceScalingOptions>): Initializer =>
  (shape, key) => {
    const variance = scale / fans(shape)[mode]
    if (distribution === 'truncatedNormal') return truncated(shape, key, Math.sqrt(variance))
    if (distribution === 'normal') return key.normal(sizeOf(shape)).map(draw => draw * Math.sqrt(variance))
    const limit = Math.sqrt((3 * scale) / fans(shape)[mode])
    return key.uniform(sizeOf(shape), -limit, limit)
  }

/** Numbers whose variance depends on how many go into a unit, so that values neither grow nor shrink from layer to layer. */
export const varianceScaling = defined('varianceScaling', {
  config: ({ scale = 1, mode = 'fanIn', distribution = 'truncatedNormal' }: VarianceScalingOptions) => ({
    scale: check.positiveNumber({ scale }),
    mode: check.oneOf({ mode }, ['fanIn', 'fanOut', 'fanAverage']),
    distribution: check.oneOf({ distribution }, ['truncatedNormal', 'normal', 'uniform']),
  }),
  make: scaled,
})

// Glorot and Bengio (2010).
plain('glorotNormal', scaled({ scale: 1, mode: 'fanAverage', distribution: 'truncatedNormal' }))
plain('glorotUniform', scaled({ scale: 1, mode: 'fanAverage', distribution: 'uniform' }))
// Before a relu; He et al. (2015).
plain('heNormal', scaled({ scale: 2, mode: 'fanIn', distribution: 'truncatedNormal' }))
plain('heUniform', scaled({ scale: 2, mode: 'fanIn', distribution: 'uniform' }))
// LeCun et al. (1998).
plain('lecunNormal', scaled({ scale: 1, mode: 'fanIn', distribution: 'truncatedNormal' }))
plain('lecunUniform', scaled({ scale: 1, mode: 'fanIn', distribution: 'uniform' }))

export interface IdentityOptions {
  /**
   * What the numbers are multiplied by.
   *
   * @default 1
   */
  readonly gain?: number
}

const gainConfig = ({ gain = 1 }: IdentityOptions) => ({ gain: check.finiteNumber({ gain }) })

/** `gain` on the diagonal of a matrix, 0 elsewhere. */
export const identity = defined('identity', {
  config: gainConfig,
  make:
    ({ gain }) =>
    shape => {
      const columns = shape.at(-1) ?? 1
      return new Float64Array(sizeOf(shape)).map((_, i) =>
        Math.floor(i / columns) === i % columns ? gain : 0,
      )
    },
})

export interface OrthogonalOptions extends IdentityOptions {}

/**
 * Rows, or columns where there are fewer, that are orthogonal and of length `gain`; axes before the last are rows. Saxe, McClelland and
 * Ganguli (2014).
 */
export const orthogonal = defined('orthogonal', {
  config: gainConfig,
  make:
    ({ gain }) =>
    (shape, key) =>
      orthonormal(shape, key).map(value => gain * value),
})

/** From normal numbers, by the method of Gram and Schmidt, twice, so that rounding leaves no angle. */
function orthonormal(shape: Shape, key: Parameters<Initializer>[1]): Float64Array {
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
    const size = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0))
    for (let j = 0; j < length; j++) vector[j] = (vector[j] as number) / size
  }
  return new Float64Array(rows * columns).map((_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns]
    return (rows < columns ? vectors[row]?.[column] : vectors[column]?.[row]) as number
  })
}

/** The names that a config may hold. */
export type InitializerName = Exclude<InitializerLike, Initializer | InitializerSpec>

/** What an option of a layer takes: a name, or what `initializer.randomNormal({ deviation: 0.02 })` gives. */
export type InitializerOption = InitializerName | InitializerSpec

export const initializerNames = [...kinds.keys()].sort() as readonly InitializerName[]

const isSpec = (value: unknown): value is InitializerSpec =>
  typeof value === 'object' &&
  value !== null &&
  isRecord(value) &&
  typeof (value as { readonly initializer?: unknown }).initializer === 'string'

/** The option of a layer, checked; one with options has all of them. */
export function checkedInitializer(option: {
  readonly [name: string]: InitializerOption
}): InitializerOption {
  const [[, value]] = Object.entries(option) as [[string, InitializerOption]]
  if (!isSpec(value))
    return check.oneOf(option as { readonly [name: string]: InitializerName }, initializerNames)
  const { initializer, ...options } = value
  return configured(initializer, options)
}

function configured(name: string, options: object): InitializerSpec {
  const initializer = check.oneOf({ initializer: name as InitializerName }, initializerNames)
  const config = (kinds.get(initializer) as AnyKind).config(options as Record<string, unknown>)
  check.options(options, Object.keys(config))
  return { initializer, ...config }
}

/** Looks an initializer up; one of the user's own is taken as it is. */
export function initializerOf(initializer: InitializerLike, place: string): Initializer {
  if (typeof initializer === 'function') return initializer
  if (isSpec(initializer)) {
    const { initializer: name, ...options } = checkedAt(place, 'INVALID_CONFIG', () =>
      checkedInitializer({ initializer }),
    ) as InitializerSpec
    return (kinds.get(name) as AnyKind).make(options)
  }
  const kind = kinds.get(initializer)
  if (kind) return kind.make(kind.config({}))
  throw new GradstreamError('UNKNOWN_NAME', {
    place,
    expected: `one of the initializers ${listOf(initializerNames)}`,
    got: show(initializer),
    ...didYouMean(initializer, initializerNames),
  })
}

function fans(shape: Shape): Record<Required<VarianceScalingOptions>['mode'], number> {
  const [size, field] = [sizeOf(shape), sizeOf(shape.slice(0, -2))]
  const [fanIn, fanOut] =
    shape.length < 2 ? [size, size] : [field * (shape.at(-2) as number), field * (shape.at(-1) as number)]
  return { fanIn, fanOut, fanAverage: (fanIn + fanOut) / 2 }
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
