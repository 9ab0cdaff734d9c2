/** Checks of options: each takes `{ name: value }` and gives the value back, or throws. */
import { type ErrorCode, GradstreamError, listOf, show } from './errors.ts'
import { broadcastShape, type PortShape, showShape } from './shape.ts'

type Named<T> = { readonly [name: string]: T }

/** What a check throws; `checkedAt` makes it an error with a place. */
export class CheckFailed extends Error {
  readonly expected: string
  readonly got: string

  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`)
    this.expected = expected
    this.got = got
  }
}

/** Runs `work`; a check that fails in it becomes a `GradstreamError` at `place`. */
export function checkedAt<T>(place: string, code: ErrorCode, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error
    throw new GradstreamError(code, { place, expected: error.expected, got: error.got })
  }
}

function check<T>(option: Named<T>, expected: string, holds: (value: T) => boolean): T {
  const [[name, value]] = Object.entries(option) as [[string, T]]
  if (!holds(value)) throw new CheckFailed(`${name} to be ${expected}`, show(value))
  return value
}

/** Which numbers an option takes: from `minimum`, `above`, up to but not including `below`, whole ones alone. */
export interface Limits {
  readonly minimum?: number
  readonly above?: number
  readonly below?: number
  readonly isWhole?: boolean
}

/** Where checks leave the limits that they hold numbers to, while `limitsIn` listens. */
let told: Map<string, Limits> | undefined

/**
 * The limits of the numbers that are checked in `work`, by option. What is shown to people is so the very thing that
 * is checked, also for the config of a node that somebody else has written.
 */
export function limitsIn(work: () => unknown): Readonly<Record<string, Limits>> {
  const outer = told
  const own = new Map<string, Limits>()
  told = own
  try {
    work()
  } finally {
    told = outer
  }
  return Object.fromEntries(own)
}

function number(expected: string, limits: Limits) {
  const { minimum = -Infinity, above = -Infinity, below = Infinity, isWhole = false } = limits
  const holds = (value: unknown) =>
    typeof value === 'number' &&
    (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
    value >= minimum &&
    value > above &&
    value < below
  return (option: Named<number>): number => {
    for (const name in option) told?.set(name, limits)
    return check(option, expected, holds)
  }
}

export const finiteNumber = number('a finite number', {})

export const positiveNumber = number('a number above 0', { above: 0 })

export const nonNegativeNumber = number('a number of 0 or more', { minimum: 0 })

export const positiveInteger = number('a whole number above 0', { minimum: 1, isWhole: true })

export const integer = number('a whole number', { isWhole: true })

/** A share in [0, 1), such as a dropout rate or a momentum. */
export const fraction = number('a number from 0 up to, but not including, 1', { minimum: 0, below: 1 })

export const boolean = (option: Named<boolean>) =>
  check(option, 'true or false', value => typeof value === 'boolean')

export const text = (option: Named<string>) =>
  check(option, 'a text that is not empty', value => typeof value === 'string' && value.length > 0)

export const oneOf = <const T extends string>(option: Named<T>, choices: readonly T[]): T =>
  check(option, listOf(choices), value => choices.includes(value))

/** Refuses options that nobody knows, since they are mostly misspelt. */
export function knownOptions(options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown !== undefined) throw new CheckFailed(`options among ${listOf(names)}`, `"${unknown}"`)
}

/** The lengths of the axes of one sample. */
export const sampleShape = (option: Named<readonly number[]>) =>
  check(
    option,
    'a list of whole numbers above 0',
    value => Array.isArray(value) && value.every(axis => Number.isSafeInteger(axis) && axis > 0),
  )

/** The shape that ports have when they are combined entry by entry; for the `shapes` of a node. */
export function broadcastPorts(ports: Named<PortShape>): PortShape {
  const [first, ...rest] = Object.entries(ports) as [[string, PortShape], ...[string, PortShape][]]
  return rest.reduce((shape, [name, other]) => {
    const combined = broadcastShape(shape, other)
    if (combined) return combined
    throw new CheckFailed(`"${name}" to fit the shape ${showShape(shape)} of "${first[0]}"`, showShape(other))
  }, first[1])
}

/** Demands that ports have the same shape; for the `shapes` of a node. */
export function samePorts(ports: Named<PortShape>): PortShape {
  const [[firstName, first], ...rest] = Object.entries(ports) as [
    [string, PortShape],
    ...[string, PortShape][],
  ]
  for (const [name, other] of rest) {
    if (showShape(first) !== showShape(other)) {
      throw new CheckFailed(
        `"${name}" to have the shape ${showShape(first)} of "${firstName}"`,
        showShape(other),
      )
    }
  }
  return first
}

/** Demands that a port has at least one axis besides the batch, and gives the length of the last. */
export function lastAxis(port: Named<PortShape>): number {
  const [[name, shape]] = Object.entries(port) as [[string, PortShape]]
  const last = shape.length > 1 ? shape.at(-1) : undefined
  if (typeof last !== 'number')
    throw new CheckFailed(`"${name}" with a last axis of known length`, showShape(shape))
  return last
}
