/**
 * Randomness as a key: a counter-based generator, so that a number depends on its key and place alone, never
 * on how many were drawn before.
 *
 * Threefry-2x32 with 20 rounds, after Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011). Its published known answers are tests.
 */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const
const PARITY = 0x1bd11bda

/** Enciphers the counter `(c0, c1)` under the key `(k0, k1)`; the two words of the result go to `out`. */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number, out: Uint32Array): void {
  const keys = [k0, k1, PARITY ^ k0 ^ k1] as const
  let x = (c0 + k0) | 0
  let y = (c1 + k1) | 0
  for (let round = 0; round < 20; round++) {
    const rotation = ROTATIONS[round & 7] as number
    x = (x + y) | 0
    y = ((y << rotation) | (y >>> (32 - rotation))) ^ x
    if ((round & 3) === 3) {
      const injection = (round >> 2) + 1
      x = (x + (keys[injection % 3] as number)) | 0
      y = (y + (keys[(injection + 1) % 3] as number) + injection) | 0
    }
  }
  out[0] = x
  out[1] = y
}

/** A source of random numbers that is a value: the same key gives the same numbers, wherever it is used. */
export class RandomKey {
  readonly k0: number
  readonly k1: number

  constructor(k0: number, k1: number) {
    this.k0 = k0 >>> 0
    this.k1 = k1 >>> 0
  }

  /** The key of a seed: any safe integer. */
  static of(seed: number): RandomKey {
    return new RandomKey(Math.floor(seed / 2 ** 32), seed)
  }

  /** A key for one purpose, independent of its siblings: `key.child('dropout1').child(step)`. */
  child(purpose: string | number): RandomKey {
    const out = new Uint32Array(2)
    if (typeof purpose === 'number') {
      threefry2x32(this.k0, this.k1, Math.floor(purpose / 2 ** 32), purpose, out)
    } else {
      // The top bit of the counter's first word keeps names apart from numbers.
      threefry2x32(this.k0, this.k1, (0x80000000 | purpose.length) >>> 0, hash(purpose), out)
    }
    return new RandomKey(out[0] as number, out[1] as number)
  }

  /** `count` words of 32 random bits. */
  bits(count: number): Uint32Array {
    const words = new Uint32Array(count)
    const pair = new Uint32Array(2)
    for (let i = 0; i < count; i += 2) {
      threefry2x32(this.k0, this.k1, 0, i >>> 1, pair)
      words[i] = pair[0] as number
      if (i + 1 < count) words[i + 1] = pair[1] as number
    }
    return words
  }

  /** `count` numbers in [minimum, maximum), with 32 random bits each. */
  uniform(count: number, minimum = 0, maximum = 1): Float64Array {
    const scale = (maximum - minimum) / 2 ** 32
    return Float64Array.from(this.bits(count), word => minimum + word * scale)
  }

  /** `count` numbers from the standard normal distribution (Box and Muller, 1958). */
  normal(count: number): Float64Array {
    const words = this.bits(2 * count)
    return Float64Array.from({ length: count }, (_, i) => {
      const radius = Math.sqrt(-2 * Math.log(((words[2 * i] as number) + 1) / 2 ** 32))
      return radius * Math.cos((2 * Math.PI * (words[2 * i + 1] as number)) / 2 ** 32)
    })
  }

  /** The numbers 0 to `count - 1` in random order (Fisher and Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i)
    const words = this.bits(count)
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(((words[i] as number) / 2 ** 32) * (i + 1))
      const kept = order[i] as number
      order[i] = order[j] as number
      order[j] = kept
    }
    return order
  }
}

/** FNV-1a over UTF-16 code units, finished with a mixing step, since names often differ in the last digit only. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  return (h ^ (h >>> 13)) >>> 0
}
