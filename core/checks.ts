/** Checks of options. Each takes `{ name: value }` and returns the value, or throws. */
import { ERRORS, type ErrorCode, GradstreamError, listOf, show } from './errors.ts'
import { didYouMean, meantFor } from './nearest.ts'
import { broadcastShape, type PortShape, showShape } from './shape.ts'
import { adviceOn, attempt, thingOf, type Wanted } from './things.ts'

type Named<T> = { readonly [name: string]: T }

/** What a check throws; `checkedAt` adds the place. */
export class CheckFailed extends GradstreamError {
  /** The option that failed, if it was an option. */
  readonly option: string | undefined

  constructor(expected: string, got: string, { hint, option }: { hint?: string; option?: string } = {}) {
    super('INVALID_OPTION', { place: 'check', expected, got, ...(hint !== undefined && { hint }) })
    this.option = option
  }
}

/** Runs `work`; a check that fails in it becomes a `GradstreamError` at `place`. */
export function checkedAt<T>(place: string, code: ErrorCode, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error
    const { expected, got, hint } = error
    const own = hint === ERRORS.INVALID_OPTION.hint ? {} : { hint }
    throw new GradstreamError(code, { place, expected, got, ...own })
  }
}

/** The name and value of `{ name: value }`. */
function only<T>(option: Named<T>, place = 'check'): [string, T] {
  const [entry] = attempt(() => Object.entries(option)) ?? []
  if (entry !== undefined) return entry
  throw new CheckFailed(`an option by its name, such as ${place}.positiveInteger({ units })`, show(option))
}

function check<T>(option: Named<T>, expected: string, holds: (value: T) => boolean): T {
  const [name, value] = only(option)
  if (attempt(() => holds(value)) === true) return value
  const hint = written(name, value, holds)
  throw new CheckFailed(`${name} to be ${expected}`, show(value), { option: name, ...(hint && { hint }) })
}

/** How an error shows an option that is not there. */
const MISSING = show(undefined)

/**
 * Runs the checks of options. One that is missing may be there under another name; otherwise the hint says how it is passed.
 *
 * @param passing how to pass an option
 */
export function checkingAll<T>(
  given: object,
  work: () => T,
  passing = (option: string) => `Pass ${option}.`,
): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error
    const { option, expected, got } = error
    // One of the options inside of another, such as those of an initializer, is not missed here.
    if (option === undefined || got !== MISSING || attempt(() => option in given) === true) throw error
    const near = meantFor(option, attempt(() => Object.keys(given)) ?? [])
    const hint = near === undefined ? passing(option) : `You wrote "${near}". Did you mean "${option}"?`
    throw new CheckFailed(expected, 'nothing', { option, hint })
  }
}

/** What to write if only quotes or brackets make the value wrong. */
function written<T>(name: string, value: T, holds: (value: T) => boolean): string | undefined {
  const fits = (other: unknown) => attempt(() => holds(other as T)) === true
  if (typeof value === 'string' && value.length < 60) {
    const plain = value === 'true' ? true : value === 'false' ? false : Number(value)
    if (value.trim() !== '' && fits(plain)) return `Write it without quotes: ${name}: ${plain}.`
    if (fits([value])) return `Write it as a list: ${name}: ["${value}"].`
  }
  if (typeof value === 'number' && fits([value])) return `Write it as a list: ${name}: [${value}].`
  if (Array.isArray(value) && value.length === 1 && fits(value[0]))
    return `Write it without brackets: ${name}: ${show(value[0])}.`
  return undefined
}

/**
 * The numbers that an option accepts: `minimum` or more, greater than `above`, less than `below`, perhaps
 * whole ones only.
 */
export interface Limits {
  readonly minimum?: number
  readonly above?: number
  readonly below?: number
  readonly isWhole?: boolean
}

/** Collects the limits of the checks that run inside `limitsIn`. */
let collected: Map<string, Limits> | undefined

/**
 * The limits of the numbers that `work` checks, by option. A page can so show the very limits that the code
 * checks, even for custom nodes.
 */
export function limitsIn(work: () => unknown): Readonly<Record<string, Limits>> {
  const outer = collected
  const own = new Map<string, Limits>()
  collected = own
  try {
    work()
  } finally {
    collected = outer
  }
  return Object.fromEntries(own)
}

/** Collects the words that `oneOf` accepts inside `choicesIn`. */
let offered: Map<string, readonly string[]> | undefined

/** The words of which `work` checks that an option is one, by option. */
export function choicesIn(work: () => unknown): Readonly<Record<string, readonly string[]>> {
  const outer = offered
  const own = new Map<string, readonly string[]>()
  offered = own
  try {
    work()
  } finally {
    offered = outer
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
    collected?.set(only(option)[0], limits)
    return check(option, expected, holds)
  }
}

export const finiteNumber = number('a finite number', {})

export const positiveNumber = number('a number above 0', { above: 0 })

export const nonNegativeNumber = number('a non-negative number', { minimum: 0 })

export const positiveInteger = number('a whole number above 0', { minimum: 1, isWhole: true })

export const nonNegativeInteger = number('a non-negative whole number', { minimum: 0, isWhole: true })

export const integer = number('a whole number', { isWhole: true })

/** A share in [0, 1), such as a dropout rate or a momentum. */
export const fraction = number('a number that is at least 0 and less than 1', { minimum: 0, below: 1 })

export const boolean = (option: Named<boolean>) =>
  check(option, 'true or false', value => typeof value === 'boolean')

export const text = (option: Named<string>) =>
  check(option, 'a non-empty string', value => typeof value === 'string' && value.length > 0)

/** One of the listed strings. */
export const oneOf = <const T extends string>(option: Named<T>, choices: readonly T[]): T => {
  const [name, value] = only(option)
  const known = namesIn(choices)
  offered?.set(name, known)
  if (known.includes(value)) return value
  const expected = `${name} to be ${listOf(known)}`
  throw new CheckFailed(expected, show(value), { option: name, ...didYouMean(value, known) })
}

/** A list whose entries all satisfy `holds`. `expected` names them, with an example: `of rows, such as [[1, 2]]`. */
export const list = <T>(
  option: Named<readonly T[]>,
  expected: string,
  holds: (entry: T) => boolean = () => true,
): readonly T[] =>
  check(
    option,
    `a list ${typeof expected === 'string' ? expected : ''}`,
    value => Array.isArray(value) && Array.from(value).every(holds),
  )

/** A list of strings, such as names. */
export const texts = (option: Named<readonly string[]>): readonly string[] =>
  list(option, 'of strings', entry => typeof entry === 'string')

/** A function. */
export function callable<T>(option: Named<T>): T {
  const [name, value] = only(option)
  if (typeof value === 'function') return value
  const isOff = value === false || value === null
  throw new CheckFailed(`${name} to be a function`, show(value), {
    option: name,
    ...(isOff && { hint: `For none, write ${name}: () => undefined.` }),
  })
}

/** An RxJS scheduler. */
export const scheduler = <T extends object>(option: Named<T>): T =>
  check(
    option,
    'an RxJS scheduler, with schedule() and now()',
    value => attempt(() => 'schedule' in value && 'now' in value && isScheduler(value as never)) === true,
  )

const isScheduler = ({ schedule, now }: Record<'schedule' | 'now', unknown>) =>
  typeof schedule === 'function' && typeof now === 'function'

/** Checks a list of names. */
function namesIn<T extends string>(names: readonly T[]): readonly T[] {
  const known = Array.isArray(names) ? Array.from(names as readonly unknown[]) : undefined
  if (known?.every(name => typeof name === 'string')) return known as unknown as readonly T[]
  throw new CheckFailed('a list of the accepted names', show(names))
}

/** Refuses unknown options, since most are spelling mistakes. */
export function knownOptions(options: object, names: readonly string[]): void {
  const given = attempt(() => Object.keys(options)) ?? []
  const known = namesIn(names)
  const unknown = given.find(name => !known.includes(name))
  if (unknown === undefined) return
  throw new CheckFailed(`one of the options ${listOf(known)}`, `"${unknown}"`, {
    hint: 'Use one of these options.',
    ...didYouMean(unknown, known),
  })
}

/**
 * Copies options into a plain object, reading each once and leaving out undefined ones. Throws if they are
 * not an object, or if one is unknown.
 *
 * @param known the accepted options; by default any
 */
export function options<T extends object>(given: T | undefined, known?: readonly string[]): T {
  const entries = given === undefined ? [] : entriesOf(given)
  if (entries === undefined) {
    const first = known?.[0]
    const isBare = Array.isArray(given) || ['number', 'string', 'boolean'].includes(typeof given)
    const bare =
      isBare && first !== undefined && first !== 'data' ? `Write { ${first}: ${show(given)} }.` : undefined
    const hint = adviceOn('options', given) ?? bare
    const example = known?.[0] === undefined ? '' : ` such as { ${known[0]}: ... }`
    throw new CheckFailed(`an object of options${example}`, show(given), { ...(hint && { hint }) })
  }
  const own = Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as T
  if (known) knownOptions(own, known)
  return own
}

/** The entries of a plain object; undefined for anything else, or if reading it throws. */
export function entriesOf<T>(given: Readonly<Record<string, T>> | object): [string, T][] | undefined {
  return attempt(() => {
    if (Object.prototype.toString.call(given) !== '[object Object]' || isThing(given)) return undefined
    return Object.entries(given) as [string, T][]
  })
}

/** An object of ports counts as plain data: graph() takes one. */
const isThing = (given: unknown) => {
  const kind = thingOf(given)?.kind
  return kind !== undefined && kind !== 'ports'
}

/** Values by name, such as the columns of data: a plain object, read once. */
export function byName<T>(option: Named<Readonly<Record<string, T>>>): [string, T][] {
  const [name, value] = only(option)
  const entries = entriesOf<T>(value)
  if (entries) return entries
  throw new CheckFailed(`${name} to be an object with a value for each name`, show(value), { option: name })
}

/** Throws unless the value is the thing that was wanted, and says what to write. `call` is the function whose first argument it is. */
export function thing<T>(
  option: Named<T>,
  wanted: Wanted,
  expected: string,
  holds: (value: T) => boolean,
  call?: string,
): T {
  const [name, value] = only(option)
  if (attempt(() => holds(value)) === true) return value
  const hint = (call && optionsHint(name, value, call)) ?? adviceOn(wanted, value)
  throw new CheckFailed(expected, show(value), { ...(hint && { hint }) })
}

/** Options without the thing that comes before them. */
function optionsHint(name: string, value: unknown, call: string): string | undefined {
  if (thingOf(value) !== undefined) return undefined
  const options = (entriesOf(value as object) ?? []).map(([option]) => option)
  if (options.length === 0 || !options.every(option => /^[a-z]\w*$/i.test(option))) return undefined
  const others = options.filter(option => option !== name).slice(0, 3)
  const given = others.length === 0 ? name : `${name}, { ${others.join(', ')} }`
  return `The ${name} comes first, then the options: ${call}(${given}).`
}

/** The lengths of the axes of one sample; null where they vary from batch to batch. */
export const sampleShape = (option: Named<PortShape>) =>
  check(
    option,
    'a list of whole numbers above 0, or null for an axis whose length varies',
    value =>
      Array.isArray(value) &&
      value.length <= 64 &&
      Array.from(value).every(axis => axis === null || (Number.isSafeInteger(axis) && axis > 0)),
  )

/** Checks shapes by name, at least one. */
function shapesOf(ports: Named<PortShape>): [[string, PortShape], ...[string, PortShape][]] {
  const entries = attempt(() => Object.entries(ports)) ?? []
  const isAxis = (axis: unknown) => axis === null || (Number.isSafeInteger(axis) && (axis as number) >= 0)
  const valid = entries.every(
    ([, shape]) => Array.isArray(shape) && shape.length <= 64 && Array.from(shape).every(isAxis),
  )
  if (entries.length === 0 || !valid)
    throw new CheckFailed('shapes by name, such as { x: [null, 3] }', show(ports))
  return entries as [[string, PortShape], ...[string, PortShape][]]
}

/** The shape of ports combined entry by entry; for the `shapes` of a node. */
export function broadcastPorts(ports: Named<PortShape>): PortShape {
  const [first, ...rest] = shapesOf(ports)
  return rest.reduce((shape, [name, other]) => {
    const combined = broadcastShape(shape, other)
    if (combined) return combined
    throw new CheckFailed(`"${name}" to fit the shape ${showShape(shape)} of "${first[0]}"`, showShape(other))
  }, first[1])
}

/** Checks that ports have the same shape, and returns it; for the `shapes` of a node. */
export function samePorts(ports: Named<PortShape>): PortShape {
  const [[firstName, first], ...rest] = shapesOf(ports)
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

/** Checks that a port has at least one axis besides the batch, and returns the length of the last. */
export function lastAxis(port: Named<PortShape>): number {
  const [[name, shape]] = shapesOf(port)
  const last = shape.length > 1 ? shape.at(-1) : undefined
  if (typeof last !== 'number')
    throw new CheckFailed(`"${name}" with a last axis of known length`, showShape(shape))
  return last
}
