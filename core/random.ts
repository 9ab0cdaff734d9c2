/**
 * Random numbers from keys: a counter-based generator, so a number depends only on its key and position,
 * never on how many were drawn before.
 *
 * Threefry-2x32 with 20 rounds, after Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011). Its published known answers are tests.
 */

import { GradstreamError, show } from './errors.ts'

const PARITY = 0x1bd11bda

const rotated = (x: number, by: number) => (x << by) | (x >>> (32 - by))

/**
 * Enciphers the counter `(c0, c1)` under the key `(k0, k1)` and writes the two words of the result to `out`
 * at `at`.
 */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number, out: Uint32Array, at = 0): void {
  let first = k0 | 0
  let second = k1 | 0
  let third = PARITY ^ k0 ^ k1
  let x = (c0 + first) | 0
  let y = (c1 + second) | 0
  // Five groups of four rounds, with alternating rotations; the keys rotate after each group.
  for (let group = 1; group <= 5; group++) {
    const odd = (group & 1) === 1
    x = (x + y) | 0
    y = rotated(y, odd ? 13 : 17) ^ x
    x = (x + y) | 0
    y = rotated(y, odd ? 15 : 29) ^ x
    x = (x + y) | 0
    y = rotated(y, odd ? 26 : 16) ^ x
    x = (x + y) | 0
    y = rotated(y, odd ? 6 : 24) ^ x
    const used = first
    first = second
    second = third
    third = used
    x = (x + first) | 0
    y = (y + second + group) | 0
  }
  out[at] = x
  out[at + 1] = y
}

/** An immutable source of random numbers: the same key gives the same numbers everywhere. */
export class RandomKey {
  private readonly first: number
  private readonly second: number

  constructor(k0: number, k1: number) {
    if (typeof k0 !== 'number' || typeof k1 !== 'number') throw wrong('key', 'two numbers', [k0, k1])
    this.first = k0 >>> 0
    this.second = k1 >>> 0
  }

  get k0(): number {
    return this.first
  }

  get k1(): number {
    return this.second
  }

  /** What it is now: a key that is another one in each step gives that of the present step. */
  get present(): RandomKey {
    return this
  }

  /** Its words as they are at present in halves, from the highest on. */
  get halves(): readonly [number, number, number, number] {
    const { k0, k1 } = this.present
    return [k0 >>> 16, k0 & 0xffff, k1 >>> 16, k1 & 0xffff]
  }

  /** The key for a seed, which may be any safe integer. */
  static of(seed: number): RandomKey {
    if (!Number.isSafeInteger(seed)) throw wrong('of', 'a whole number as the seed', seed)
    return new RandomKey(Math.floor(seed / 2 ** 32), seed)
  }

  /** A key for one purpose, independent of its siblings: `key.child('dropout1').child(step)`. */
  child(purpose: string | number): RandomKey {
    const out = new Uint32Array(2)
    if (typeof purpose === 'number') {
      threefry2x32(this.k0, this.k1, Math.floor(purpose / 2 ** 32), purpose, out)
    } else {
      if (typeof purpose !== 'string') throw wrong('child', 'a purpose, a string or a number', purpose)
      // The top bit of the counter's first word keeps names apart from numbers.
      threefry2x32(this.k0, this.k1, (0x80000000 | purpose.length) >>> 0, hash(purpose), out)
    }
    return new RandomKey(out[0] as number, out[1] as number)
  }

  /** `count` words of 32 random bits. */
  bits(count: number): Uint32Array {
    demandCount(count)
    const words = new Uint32Array(count + 1)
    for (let i = 0; i < count; i += 2) threefry2x32(this.k0, this.k1, 0, i >>> 1, words, i)
    return words.subarray(0, count)
  }

  /** `count` numbers in [minimum, maximum), with 32 random bits each. */
  uniform(count: number, minimum = 0, maximum = 1): Float64Array {
    if (!Number.isFinite(minimum) || !Number.isFinite(maximum))
      throw wrong('uniform', 'two finite numbers as its bounds', [minimum, maximum])
    const scale = (maximum - minimum) / 2 ** 32
    return Float64Array.from(this.bits(count), word => minimum + word * scale)
  }

  /** `count` numbers from the standard normal distribution (Box and Muller, 1958). */
  normal(count: number): Float64Array {
    demandCount(count)
    const words = this.bits(2 * count)
    return Float64Array.from({ length: count }, (_, i) => {
      const radius = Math.sqrt(-2 * Math.log(((words[2 * i] as number) + 1) / 2 ** 32))
      return radius * Math.cos((2 * Math.PI * (words[2 * i + 1] as number)) / 2 ** 32)
    })
  }

  /** The numbers 0 to `count - 1` in random order (Fisher and Yates). */
  permutation(count: number): Uint32Array {
    demandCount(count)
    const order = new Uint32Array(count)
    for (let i = 0; i < count; i++) order[i] = i
    // The words of `bits(count)`, from the last one backwards, two at a time.
    const pair = new Uint32Array(2)
    for (let i = count - 1; i > 0; i--) {
      if ((i & 1) === 1 || i === count - 1) threefry2x32(this.k0, this.k1, 0, i >>> 1, pair)
      const j = ((pair[i & 1] as number) * ((i + 1) / 2 ** 32)) >>> 0
      const kept = order[i] as number
      order[i] = order[j] as number
      order[j] = kept
    }
    return order
  }
}

/** The most numbers in one draw: as many as fit in the largest memory of a model. */
const MOST = 2 ** 29

function demandCount(count: number): void {
  if (Number.isSafeInteger(count) && count >= 0 && count <= MOST) return
  throw wrong('count', `a whole number from 0 to ${MOST}`, count)
}

const wrong = (what: string, expected: string, got: unknown) =>
  new GradstreamError('INVALID_OPTION', { place: `RandomKey: ${what}`, expected, got: show(got) })

/** FNV-1a over UTF-16 code units, then mixed once more, because names often differ only in the last digit. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  return (h ^ (h >>> 13)) >>> 0
}
