/** Checks messages from clients before anything acts on them. */
import {
  check,
  checkedAt,
  checkingAll,
  didYouMeanName,
  type ErrorReport,
  GradstreamError,
  listOf,
  show,
} from '../../../core/index.ts'
import { decode } from '../json.ts'
import { type ClientMessage, otherProtocol, PROTOCOL, type Query } from '../protocol.ts'

type Fields = Readonly<Record<string, unknown>>

const PLACE = 'message'
/** The longest id, name or token. */
const TEXT = 256
/** The most levels of a message: a deeper one can be read, but not always written again. */
const DEPTH = 32

const KINDS = {
  text: {
    words: `a string of 1 to ${TEXT} characters`,
    holds: (value: unknown) => typeof value === 'string' && value.length > 0 && value.length <= TEXT,
  },
  string: { words: 'a string', holds: (value: unknown) => typeof value === 'string' },
  count: {
    words: 'a non-negative whole number',
    holds: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0,
  },
  counts: {
    words: 'a list of non-negative whole numbers',
    holds: (value: unknown) =>
      Array.isArray(value) && value.every(entry => Number.isSafeInteger(entry) && entry >= 0),
  },
  list: { words: 'a list', holds: (value: unknown) => Array.isArray(value) },
  boolean: { words: 'true or false', holds: (value: unknown) => typeof value === 'boolean' },
  // Infinities stand for open ranges.
  number: {
    words: 'a number other than NaN',
    holds: (value: unknown) => typeof value === 'number' && !Number.isNaN(value),
  },
  object: {
    words: 'an object',
    holds: (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value),
  },
} as const

type Kind = keyof typeof KINDS

/** The fields of each message besides its type; a question mark marks optional ones. */
const MESSAGES: Readonly<Record<ClientMessage['type'], Readonly<Record<string, Kind>>>> = {
  hello: {
    protocol: 'count',
    token: 'text',
    'name?': 'text',
    'session?': 'text',
    'client?': 'text',
    'version?': 'count',
    'event?': 'count',
  },
  challenge: { nonce: 'text', role: 'text' },
  ack: { version: 'count', received: 'count' },
  sync: { 'version?': 'count' },
  command: { id: 'text', command: 'object' },
  watch: { id: 'text', query: 'object' },
  unwatch: { id: 'text', watch: 'text' },
  name: { id: 'text', name: 'text' },
  predict: {
    id: 'text',
    'inputs?': 'object',
    'of?': 'text',
    'count?': 'count',
    'rows?': 'counts',
    'columns?': 'boolean',
    'cells?': 'boolean',
    'node?': 'text',
    'plane?': 'object',
    'packed?': 'boolean',
  },
  write: { id: 'text', 'text?': 'string', 'count?': 'count', 'temperature?': 'number', 'seed?': 'count' },
  draft: { id: 'text', changes: 'list', 'node?': 'text', 'back?': 'count', 'forward?': 'count' },
  names: { id: 'text', node: 'text', parameter: 'text', 'count?': 'count' },
  series: { id: 'text', name: 'text', 'from?': 'number', 'to?': 'number', 'points?': 'count' },
}

/** What gets no answer of its own. */
const GREETINGS: readonly string[] = ['hello', 'challenge', 'ack', 'sync']

/** An invalid request, because of its type or fields. It has an id, so it gets an answer. */
export interface Misfit {
  readonly type: 'misfit'
  readonly id: string
  readonly error: ErrorReport
  /** The whole message. */
  readonly given: object
}

/**
 * Parses and checks a message from a client.
 *
 * @throws GradstreamError `INVALID_MESSAGE` if it cannot even be answered
 */
export function messageOf(text: string): ClientMessage | Misfit {
  let given: unknown
  try {
    given = decode(text)
  } catch {
    throw invalid('JSON', 'something else')
  }
  if (isDeeper(given, DEPTH)) throw invalid(`at most ${DEPTH} levels`, 'more')
  if (!KINDS.object.holds(given)) throw invalid('an object with a type', show(given))
  const { type, id, protocol } = given as Fields
  // Before its fields are looked at: another version may have others.
  if (type === 'hello' && KINDS.count.holds(protocol) && protocol !== PROTOCOL)
    throw invalid(otherProtocol(PROTOCOL, protocol as number), `protocol ${protocol}`)
  const fault = faultOf(given as Fields)
  if (!fault) return given as ClientMessage
  const isGreeting = GREETINGS.includes(type as string)
  if (isGreeting || !KINDS.text.holds(id)) throw fault
  return { type: 'misfit', id: id as string, error: fault.toJSON(), given: given as object }
}

/** The first fault, in the type or a field. */
function faultOf({ type, ...fields }: Fields): GradstreamError | undefined {
  if (typeof type !== 'string' || !Object.hasOwn(MESSAGES, type))
    return invalid(
      `one of the types ${listOf(Object.keys(MESSAGES))}`,
      show(type),
      didYouMeanName(type, Object.keys(MESSAGES)).hint,
    )
  const known = Object.entries(MESSAGES[type as ClientMessage['type']])
  const names = known.map(([name]) => name.replace('?', ''))
  const unknown = Object.keys(fields).find(name => !names.includes(name))
  if (unknown !== undefined)
    return invalid(
      `one of the fields ${listOf(names)} in "${type}"`,
      show(unknown),
      didYouMeanName(unknown, names).hint,
    )
  for (const [i, [field, kind]] of known.entries()) {
    const value = fields[names[i] as string]
    if (value === undefined && field.endsWith('?')) continue
    if (KINDS[kind].holds(value)) continue
    // Do not repeat a string from the client: it may be a token.
    const got = typeof value === 'number' || value === null ? String(value) : typeof value
    return invalid(`${names[i]} of "${type}" to be ${KINDS[kind].words}`, got)
  }
  return undefined
}

/** Whether a value is nested deeper than `levels`. */
const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some(inner => isDeeper(inner, levels - 1)))

/** The largest numbers that a query may ask for. */
const MOST = { bins: 1024, at: 64, count: 4096 } as const

const ASPECTS: Readonly<Record<Query['what'], readonly string[]>> = {
  stats: [],
  histogram: ['bins'],
  quantiles: ['at'],
  sample: ['count'],
  full: ['rows'],
}

/**
 * Checks a query from a client. Whether the names in it exist is checked later.
 *
 * @throws GradstreamError `INVALID_MESSAGE`
 */
export function queryOf(given: Fields, mostRate: number): Query {
  const { what, of } = given
  return checkedAt('query', 'INVALID_MESSAGE', () => {
    checkingAll(given, () => {
      check.oneOf({ what: what as string }, Object.keys(ASPECTS))
      check.oneOf({ of: of as string }, ['forward', 'backward', 'value', 'gradient'])
    })
    const isParameter = of === 'value' || of === 'gradient'
    const fields = ['node', 'of', 'what', 'every', 'rate', isParameter ? 'parameter' : 'output']
    check.knownOptions(given, [...fields, ...ASPECTS[what as Query['what']]])
    const {
      node,
      output = 'y',
      parameter = 'x',
      every = 1,
      rate = 1,
      bins = 1,
      at = [],
      count = 1,
      rows = 1,
    } = given as Query & Partial<{ bins: number; at: number[]; count: number; rows: number }>
    if ('node' in given) check.text({ node: node as string })
    check.text({ output })
    check.text(isParameter ? { parameter: given.parameter as string } : { parameter })
    for (const [name, value] of Object.entries({ every, bins, count, rows }))
      check.positiveInteger({ [name]: value })
    check.positiveNumber({ rate })
    const demand = (holds: boolean, expected: string, got: unknown) => {
      if (!holds) throw new GradstreamError('INVALID_MESSAGE', { place: 'query', expected, got: show(got) })
    }
    demand(rate <= mostRate, `a rate of at most ${mostRate}`, rate)
    demand(!('every' in given && 'rate' in given), 'either every or rate', 'both')
    demand(bins <= MOST.bins, `at most ${MOST.bins} bins`, bins)
    demand(count <= MOST.count, `a count of at most ${MOST.count}`, count)
    const areShares = Array.isArray(at) && at.length <= MOST.at && at.every(q => q >= 0 && q <= 1)
    demand(areShares, `at to be at most ${MOST.at} shares from 0 to 1`, at)
    return given as unknown as Query
  })
}

const invalid = (expected: string, got: string, hint?: string) =>
  new GradstreamError('INVALID_MESSAGE', { place: PLACE, expected, got, ...(hint !== undefined && { hint }) })
