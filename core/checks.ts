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

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

export const finiteNumber = (option: Named<number>) => check(option, 'a finite number', isNumber)

export const positiveNumber = (option: Named<number>) =>
  check(option, 'a number above 0', value => isNumber(value) && value > 0)

export const nonNegativeNumber = (option: Named<number>) =>
  check(option, 'a number of 0 or more', value => isNumber(value) && value >= 0)

export const positiveInteger = (option: Named<number>) =>
  check(option, 'a whole number above 0', value => Number.isSafeInteger(value) && value > 0)

export const integer = (option: Named<number>) => check(option, 'a whole number', Number.isSafeInteger)

/** A share in [0, 1), such as a dropout rate or a momentum. */
export const fraction = (option: Named<number>) =>
  check(
    option,
    'a number from 0 up to, but not including, 1',
    value => isNumber(value) && value >= 0 && value < 1,
  )

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
