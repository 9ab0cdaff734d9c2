/** Frames that are no messages: random bytes, spoilt and misfilled messages, deep ones. */

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Messages in order, which are spoilt. */
const VALID: readonly object[] = [
  { type: 'hello', protocol: 1, token: 'a-token-of-somebody', name: 'x', session: 's', version: 1, event: 2 },
  { type: 'ack', version: 3, received: 4 },
  { type: 'sync', version: 5 },
  { type: 'command', id: 'c', command: { type: 'pause' } },
  { type: 'command', id: 'c', command: { type: 'step', count: 2 } },
  {
    type: 'command',
    id: 'c',
    command: { type: 'set', node: 'sgd1', values: { learningRate: 0.1 }, revision: 0 },
  },
  { type: 'watch', id: 'w', query: { node: 'dense1', of: 'forward', what: 'histogram', bins: 8, rate: 5 } },
  {
    type: 'watch',
    id: 'v',
    query: { node: 'dense1', of: 'value', parameter: 'kernel', what: 'quantiles', at: [0.5] },
  },
  { type: 'unwatch', id: 'u', watch: 'w' },
  { type: 'series', id: 's', name: 'loss', from: 0, to: 9, points: 10 },
  { type: 'predict', id: 'p', inputs: { x: [[0, 1]] } },
  { type: 'predict', id: 'q', of: 'data', count: 2 },
]

/** What no field should hold, as JSON. */
const STRANGE = [
  ...['null', 'true', '""', '"x"', '[]', '{}', '[[]]', '{"length":4294967296}', '"\\u0000"', '"\\ud800"'],
  ...[
    '-1',
    '0',
    '-0',
    '0.5',
    '1e999',
    '-1e999',
    '1e-999',
    '1e308',
    '9007199254740993',
    '4294967296',
    '2147483648',
  ],
  ...[
    '"__proto__"',
    '"constructor"',
    '"prototype"',
    '"toString"',
    '"hasOwnProperty"',
    '"*"',
    '"NaN"',
    '"../../x"',
  ],
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  `"${'x'.repeat(257)}"`,
  `[${'0,'.repeat(5000)}0]`,
  `{"toJSON":1,"then":1,"valueOf":1}`,
]
const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'then',
  'toJSON',
  '',
  '0',
  'length',
  'type',
]

export type Frame = string | Uint8Array

export const DEPTH = 100_000

/** Frames without end, the same for the same seed; a deep or a large one now and then. */
export function* framesOf(seed: number, mostBytes = Number.POSITIVE_INFINITY): Generator<Frame> {
  const random = randomOf(seed)
  const below = (count: number) => Math.floor(random() * count)
  const one = <T>(choices: readonly T[]) => choices[below(choices.length)] as T
  const bytes = () => Uint8Array.from({ length: below(random() < 0.02 ? 4096 : 64) }, () => below(256))
  const spoilt = () => {
    let text = JSON.stringify(one(VALID))
    for (let times = 1 + below(4); times > 0; times--) {
      const [from, to] = [below(text.length), below(8)]
      const piece = one([String.fromCharCode(below(128)), text.slice(from, from + to), '', one(STRANGE)])
      text = text.slice(0, from) + piece + text.slice(from + to)
    }
    return text
  }
  /** A message with something strange in one of its places, at any depth. */
  const misfilled = () => {
    const valid = structuredClone(one(VALID)) as Record<string, unknown>
    let inner: Record<string, unknown> = valid
    while (random() < 0.6) {
      const records = Object.values(inner).filter(value => typeof value === 'object' && value !== null)
      if (records.length === 0) break
      inner = one(records) as Record<string, unknown>
    }
    const found = random() < 0.8 ? one(Object.keys(inner)) : one(KEYS)
    const key = Array.isArray(inner) ? '0' : found
    const mark = '@@'
    Object.defineProperty(inner, key, { value: mark, enumerable: true, configurable: true, writable: true })
    return JSON.stringify(valid).replace(`"${mark}"`, () => one(STRANGE))
  }
  const deep = () => {
    const depth = Math.min(DEPTH, mostBytes / 2.1) - below(1000)
    const [open, close] = one([
      ['[', ']'],
      ['[', ''],
      ['{"":', '}'],
    ] as const)
    const levels = Math.floor(open === '[' || mostBytes > 5 * DEPTH ? depth : depth / 3)
    const nest = open.repeat(levels) + (open === '[' ? '' : '0') + close.repeat(levels)
    return one([
      nest,
      `{"type":${nest}}`,
      `{"type":"command","id":"d${below(1e6)}","command":${nest}}`,
      `{"type":"command","id":"d${below(1e6)}","command":{"type":${nest}}}`,
      `{"type":"command","id":"d${below(1e6)}","command":{"type":"set","node":"sgd1","values":{"learningRate":${nest}}}}`,
      `{"type":"command","id":"d${below(1e6)}","command":{"type":"set","node":"sgd1","values":{"x":${nest}}}}`,
      `{"type":"watch","id":"d","query":{"node":${nest},"of":"forward","what":"stats"}}`,
      `{"type":"watch","id":"d","query":{"node":"dense1","of":"forward","what":"quantiles","at":${nest}}}`,
      `{"type":"predict","id":"d","inputs":{"x":${nest}}}`,
      `{"type":"series","id":"d","name":${nest}}`,
    ]).slice(0, mostBytes)
  }
  for (;;) {
    const share = random()
    if (share < 0.1) yield bytes()
    else if (share < 0.2) yield Buffer.from(bytes()).toString('latin1')
    else if (share < 0.55) yield spoilt()
    else if (share < 0.98) yield misfilled()
    else yield deep()
  }
}

export function* first<T>(count: number, items: Iterable<T>): Generator<T> {
  for (const item of items) {
    if (count-- <= 0) return
    yield item
  }
}
