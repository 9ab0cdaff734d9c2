/** Schedules: numbers that change with the step, as plain data that a graph can hold. */
import {
  boolean,
  CheckFailed,
  checkedAt,
  checkingAll,
  finiteNumber,
  fraction,
  knownOptions,
  list,
  nonNegativeInteger,
  nonNegativeNumber,
  oneOf,
  options as optionsIn,
  positiveInteger,
  positiveNumber,
  text,
} from './checks.ts'
import { directionOf } from './direction.ts'
import { listOf, show } from './errors.ts'
import { didYouMean } from './nearest.ts'
import { type Plateau, plateauAfter, plateauOf, type ReduceOnPlateauOptions } from './plateau.ts'
import { isRecord } from './record.ts'

/** A number for each training step, as `schedule.cosine({ initial: 0.01, steps: 1000 })` gives it. Plain data. */
export interface Schedule {
  readonly schedule: string
  readonly [option: string]: unknown
}

/** A number, or a schedule. */
export type Scheduled = number | Schedule

/** What a hyper-parameter follows while a model is trained: a schedule, or a stream that the trainer was given. */
export type Followed = Schedule | 'stream'

interface Kind<Options extends object> {
  /** Options in, full and checked ones out. */
  config(options: Options): Required<Options>
  /** The number for step t, from 0. */
  at(options: Required<Options>, t: number): number
  /** The steps at which it has its smallest and largest numbers. */
  ends(options: Required<Options>): readonly number[]
  /** How many steps to draw, so that it is seen what it does. */
  span(options: Required<Options>): number
  /** The numbers to draw, where they do not depend on the step. */
  drawn?(options: Required<Options>, steps: number): readonly number[]
}

/** A kind with its types forgotten, as a table holds it. */
type AnyKind = Kind<Record<string, unknown>>

const kinds = new Map<string, AnyKind>()

/** Registers a kind of schedule under its name, and gives the function that makes it. */
function defined<Options extends object>(name: string, kind: Kind<Options>): (options: Options) => Schedule {
  kinds.set(name, kind as unknown as AnyKind)
  return options =>
    checkedAt(`schedule.${name}`, 'INVALID_OPTION', () => configured(name, optionsIn(options)))
}

/** Whether a value is a schedule. */
export const isSchedule = (value: unknown): value is Schedule =>
  typeof value === 'object' &&
  value !== null &&
  isRecord(value) &&
  typeof (value as Schedule).schedule === 'string'

/** A schedule that watches a figure of the epochs: the steps do not change its number. */
export interface PlateauSchedule extends Schedule, Required<ReduceOnPlateauOptions> {}

export const isPlateau = (value: unknown): value is PlateauSchedule =>
  isSchedule(value) && value.schedule === 'reduceOnPlateau'

/** The number of a schedule, or a plain one, for a step from 0. */
export function valueAt(scheduled: Scheduled, step: number): number {
  if (typeof scheduled === 'number') return scheduled
  const { schedule, ...options } = scheduled
  return kindOf(schedule).at(options, step)
}

/** Steps that show what numbers a schedule comes to. */
export function endsOf({ schedule, ...options }: Schedule): readonly number[] {
  return kindOf(schedule).ends(options)
}

/**
 * The number of each step, or of at most so many evenly apart; by default of as many steps as show what the schedule does. For a schedule
 * that watches a figure, a step is an epoch in which that does not improve.
 */
export function courseOf(
  schedule: Schedule,
  most: number,
  steps = spanOf(schedule),
): readonly (readonly [step: number, value: number])[] {
  const count = Math.min(steps, most)
  const { schedule: name, ...options } = schedule
  const drawn = kindOf(name).drawn?.(options, steps)
  return Array.from({ length: count + 1 }, (_, i) => {
    const step = Math.round((i * steps) / count)
    return [step, drawn?.[step] ?? valueAt(schedule, step)]
  })
}

const spanOf = ({ schedule, ...options }: Schedule): number =>
  Math.max(1, Math.round(kindOf(schedule).span(options)))

/** The schedule with all its options, checked. */
export const checkedSchedule = ({ schedule, ...options }: Schedule): Schedule => configured(schedule, options)

function configured(name: string, options: object): Schedule {
  const config = checkingAll(options, () => kindOf(name).config(options as Record<string, unknown>))
  knownOptions(options, Object.keys(config))
  return { schedule: name, ...config }
}

function kindOf(name: string): AnyKind {
  const kind = kinds.get(name)
  if (kind) return kind
  const names = [...kinds.keys()]
  throw new CheckFailed(`one of the schedules ${listOf(names)}`, show(name), didYouMean(name, names))
}

const scheduled = (option: { readonly [name: string]: Scheduled }): Scheduled => {
  const [[name, value]] = Object.entries(option) as [[string, Scheduled]]
  if (isPlateau(value)) {
    throw new CheckFailed(`${name} to be a number, or a schedule that counts steps`, show(value.schedule), {
      option: name,
      hint: 'reduceOnPlateau counts epochs: use it on its own.',
    })
  }
  return isSchedule(value) ? checkedSchedule(value) : finiteNumber(option as { [name: string]: number })
}

export interface ConstantOptions {
  /** The number. Required. */
  readonly value: number
}

/** The same number in every step. */
export const constant = defined<ConstantOptions>('constant', {
  config: ({ value }) => ({ value: finiteNumber({ value }) }),
  at: ({ value }) => value,
  ends: () => [0],
  span: () => 100,
})

export interface PiecewiseOptions {
  /** The steps from which on the next number counts, in order. Required. */
  readonly boundaries: readonly number[]
  /** The numbers, one more than there are boundaries. Required. */
  readonly values: readonly number[]
}

/** Numbers that each count for a while. */
export const piecewise = defined<PiecewiseOptions>('piecewise', {
  config({ boundaries, values }) {
    list(
      { boundaries },
      'of whole numbers that grow, such as [1000, 2000]',
      step => Number.isSafeInteger(step) && step > 0,
    )
    list({ values }, 'of numbers, one more than there are boundaries', value => Number.isFinite(value))
    const grow = boundaries.every((step, i) => i === 0 || step > (boundaries[i - 1] as number))
    if (grow && values.length === boundaries.length + 1) return { boundaries, values }
    throw new CheckFailed(
      'boundaries that grow, and one value more than there are boundaries',
      `boundaries [${boundaries.join(', ')}] and ${values.length} values`,
    )
  },
  at: ({ boundaries, values }, t) => values[boundaries.filter(step => t >= step).length] as number,
  ends: ({ boundaries }) => [0, ...boundaries],
  span: ({ boundaries }) => 1.1 * (boundaries.at(-1) ?? 100),
})

export interface ExponentialOptions {
  /** The first number. Required. */
  readonly initial: number
  /** What is left of it after `steps`: 0.5 for a half. Required. */
  readonly rate: number
  /** After how many steps. Required. */
  readonly steps: number
  /**
   * Whether it falls all at once after `steps`, and not a little in each step.
   *
   * @default false
   */
  readonly staircase?: boolean
}

const decayConfig = ({ initial, rate, steps, staircase = false }: ExponentialOptions) => ({
  initial: finiteNumber({ initial }),
  rate: positiveNumber({ rate }),
  steps: positiveInteger({ steps }),
  staircase: boolean({ staircase }),
})

const periods = ({ steps, staircase }: { steps: number; staircase: boolean }, t: number) =>
  staircase ? Math.floor(t / steps) : t / steps

/** initial · rate^(t / steps) */
export const exponential = defined<ExponentialOptions>('exponential', {
  config: decayConfig,
  at: (options, t) => options.initial * options.rate ** periods(options, t),
  ends: ({ steps }) => [0, steps, 1000 * steps],
  span: ({ steps }) => 5 * steps,
})

export interface InverseTimeOptions extends ExponentialOptions {}

/** initial / (1 + rate · t / steps) */
export const inverseTime = defined<InverseTimeOptions>('inverseTime', {
  config: decayConfig,
  at: (options, t) => options.initial / (1 + options.rate * periods(options, t)),
  ends: ({ steps }) => [0, steps, 1000 * steps],
  span: ({ steps }) => 5 * steps,
})

export interface PolynomialOptions {
  /** The first number. Required. */
  readonly initial: number
  /** How many steps it takes to the last one. Required. */
  readonly steps: number
  /**
   * The last number.
   *
   * @default 0.0001
   */
  readonly end?: number
  /**
   * The power of the way that is left: 1 for a straight line.
   *
   * @default 1
   */
  readonly power?: number
}

/** end + (initial - end) (1 - t / steps)^power, and `end` from then on. */
export const polynomial = defined<PolynomialOptions>('polynomial', {
  config: ({ initial, steps, end = 0.0001, power = 1 }) => ({
    initial: finiteNumber({ initial }),
    steps: positiveInteger({ steps }),
    end: finiteNumber({ end }),
    power: positiveNumber({ power }),
  }),
  at: ({ initial, steps, end, power }, t) => end + (initial - end) * (1 - Math.min(t / steps, 1)) ** power,
  ends: ({ steps }) => [0, steps],
  span: ({ steps }) => 1.1 * steps,
})

export interface CosineOptions {
  /** The first number. Required. */
  readonly initial: number
  /** How many steps it takes to the last one. Required. */
  readonly steps: number
  /**
   * The share of the first number that is left at the end.
   *
   * @default 0
   */
  readonly alpha?: number
}

/** Half a wave: it falls from 1 for a share of 0 of the way to 0 for a share of 1. */
const halfWave = (share: number) => (1 + Math.cos(Math.PI * Math.min(share, 1))) / 2

/** Along half a wave from `initial` down to `alpha · initial`. Loshchilov and Hutter (2017). */
export const cosine = defined<CosineOptions>('cosine', {
  config: ({ initial, steps, alpha = 0 }) => ({
    initial: finiteNumber({ initial }),
    steps: positiveInteger({ steps }),
    alpha: nonNegativeNumber({ alpha }),
  }),
  at: ({ initial, steps, alpha }, t) => initial * (alpha + (1 - alpha) * halfWave(t / steps)),
  ends: ({ steps }) => [0, steps],
  span: ({ steps }) => 1.1 * steps,
})

export interface CosineRestartsOptions extends CosineOptions {
  /**
   * How much longer each period is than the one before.
   *
   * @default 2
   */
  readonly factor?: number
  /**
   * What is left of the first number in each period.
   *
   * @default 1
   */
  readonly decay?: number
}

/** Along half a wave down, then again from the top, over a longer period. Loshchilov and Hutter (2017). */
export const cosineRestarts = defined<CosineRestartsOptions>('cosineRestarts', {
  config: ({ initial, steps, alpha = 0, factor = 2, decay = 1 }) => {
    if (finiteNumber({ factor }) < 1)
      throw new CheckFailed('factor to be at least 1', String(factor), { option: 'factor' })
    return {
      initial: finiteNumber({ initial }),
      steps: positiveInteger({ steps }),
      alpha: nonNegativeNumber({ alpha }),
      factor,
      decay: positiveNumber({ decay }),
    }
  },
  at({ initial, steps, alpha, factor, decay }, t) {
    // Period n begins at steps (factorⁿ - 1) / (factor - 1).
    const n =
      factor === 1
        ? Math.floor(t / steps)
        : Math.floor(Math.log1p((t / steps) * (factor - 1)) / Math.log(factor) + 1e-9)
    const start = factor === 1 ? n * steps : (steps * (factor ** n - 1)) / (factor - 1)
    const share = (t - start) / (steps * factor ** n)
    return initial * (alpha + (1 - alpha) * decay ** n * halfWave(Math.max(share, 0)))
  },
  ends: ({ steps }) => [0, steps - 1],
  span: ({ steps }) => 7 * steps,
})

export interface WarmUpOptions {
  /** How many steps it takes to the first number of what follows. Required. */
  readonly steps: number
  /** What follows: a number or a schedule, which begins then. Required. */
  readonly to: Scheduled
  /**
   * The first number.
   *
   * @default 0
   */
  readonly from?: number
}

/** On a straight line up to the first number of another schedule, which then follows. */
export const warmUp = defined<WarmUpOptions>('warmUp', {
  config: ({ steps, to, from = 0 }) => ({
    steps: positiveInteger({ steps }),
    to: scheduled({ to }),
    from: finiteNumber({ from }),
  }),
  at: ({ steps, to, from }, t) =>
    t < steps ? from + ((valueAt(to, 0) - from) * t) / steps : valueAt(to, t - steps),
  ends: ({ steps, to }) => [0, ...(typeof to === 'number' ? [steps] : endsOf(to).map(end => steps + end))],
  span: ({ steps, to }) => steps + (isSchedule(to) ? spanOf(to) : steps),
})

export interface OneCycleOptions {
  /** The largest number. Required. */
  readonly maximum: number
  /** How many steps the whole takes. Required. */
  readonly steps: number
  /**
   * The share of the steps in which it rises.
   *
   * @default 0.3
   */
  readonly rising?: number
  /**
   * How many times less it begins with.
   *
   * @default 25
   */
  readonly divisor?: number
  /**
   * How many times less than at the beginning it ends with.
   *
   * @default 10000
   */
  readonly finalDivisor?: number
}

/** Along half a wave up to `maximum`, and along another one down to almost 0. Smith and Topin (2018). */
export const oneCycle = defined<OneCycleOptions>('oneCycle', {
  config: ({ maximum, steps, rising = 0.3, divisor = 25, finalDivisor = 10_000 }) => ({
    maximum: finiteNumber({ maximum }),
    steps: positiveInteger({ steps }),
    rising: fraction({ rising }),
    divisor: positiveNumber({ divisor }),
    finalDivisor: positiveNumber({ finalDivisor }),
  }),
  at({ maximum, steps, rising, divisor, finalDivisor }, t) {
    const first = maximum / divisor
    const top = rising * steps - 1
    if (t < top) return first + (maximum - first) * (1 - halfWave(t / top))
    const last = first / finalDivisor
    return last + (maximum - last) * halfWave((t - top) / (steps - 1 - top))
  },
  ends: ({ steps, rising }) => [0, Math.round(rising * steps), steps],
  span: ({ steps }) => 1.1 * steps,
})

export interface CyclicOptions {
  /** The smallest number. Required. */
  readonly minimum: number
  /** The largest number. Required. */
  readonly maximum: number
  /** How many steps it takes from one to the other. Required. */
  readonly steps: number
  /**
   * Whether each cycle is as high as the first, half as high as the one before, or lower by `gamma` for each step.
   *
   * @default 'triangular'
   */
  readonly mode?: 'triangular' | 'triangular2' | 'exponential'
  /**
   * What is left of the height after each step in the mode `'exponential'`.
   *
   * @default 0.9999
   */
  readonly gamma?: number
}

/** On straight lines up and down, again and again. Smith (2017). */
export const cyclic = defined<CyclicOptions>('cyclic', {
  config: ({ minimum, maximum, steps, mode = 'triangular', gamma = 0.9999 }) => ({
    minimum: finiteNumber({ minimum }),
    maximum: finiteNumber({ maximum }),
    steps: positiveInteger({ steps }),
    mode: oneOf({ mode }, ['triangular', 'triangular2', 'exponential']),
    gamma: positiveNumber({ gamma }),
  }),
  at({ minimum, maximum, steps, mode, gamma }, t) {
    const cycle = Math.floor(t / (2 * steps))
    const height = 1 - Math.abs(t / steps - 2 * cycle - 1)
    const scale = mode === 'triangular' ? 1 : mode === 'triangular2' ? 2 ** -cycle : gamma ** t
    return minimum + (maximum - minimum) * height * scale
  },
  ends: ({ steps }) => [0, steps],
  span: ({ steps }) => 4 * steps,
})

/** Multiplied by `factor` whenever a figure of the epochs has not improved for more than `patience` epochs. */
export const reduceOnPlateau = defined<ReduceOnPlateauOptions>('reduceOnPlateau', {
  config({ monitor = null, mode, factor = 0.1, threshold = 1e-4, minimum = 0, ...options }) {
    const { initial, patience = 10, cooldown = 0 } = options
    if (monitor !== null) text({ monitor })
    if (positiveNumber({ factor }) >= 1)
      throw new CheckFailed('factor to be less than 1', String(factor), { option: 'factor' })
    if (nonNegativeNumber({ minimum }) > positiveNumber({ initial }))
      throw new CheckFailed(`minimum to be at most initial, ${initial}`, String(minimum), {
        option: 'minimum',
      })
    return {
      initial,
      monitor,
      mode: directionOf(monitor ?? 'loss', mode),
      factor,
      patience: nonNegativeInteger({ patience }),
      threshold: fraction({ threshold }),
      cooldown: nonNegativeInteger({ cooldown }),
      minimum,
    }
  },
  at: ({ initial }) => initial,
  ends: () => [0],
  span: ({ patience, cooldown }) => 4 * (patience + cooldown + 1),
  drawn(options, steps) {
    const course = [plateauOf(options)]
    while (course.length <= steps) course.push(plateauAfter(options, course.at(-1) as Plateau, 0))
    return course.map(({ value }) => value)
  },
})
