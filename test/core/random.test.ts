import { describe, expect, test } from 'vitest'
import { RandomKey, threefry2x32 } from '../../core/index.ts'

const words = (values: Uint32Array) => [...values].map(word => word.toString(16).padStart(8, '0')).join(' ')

describe('threefry2x32', () => {
  const cipher = (key: readonly [number, number], counter: readonly [number, number]) => {
    const out = new Uint32Array(2)
    threefry2x32(...key, ...counter, out)
    return words(out)
  }

  // From the known-answer file of Random123, the authors' own implementation.
  test.each([
    [[0, 0], [0, 0], '6b200159 99ba4efe'],
    [[0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '1cb996fc bb002be7'],
    [[0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3], 'c4923a9c 483df7a0'],
  ] as const)('enciphers under %j the counter %j as %s', (key, counter, expected) => {
    expect(cipher(key, counter)).toBe(expected)
  })

  test('takes words with or without a sign', () => {
    expect(cipher([-1, -1], [-1, -1])).toBe('1cb996fc bb002be7')
  })
})

describe('a key', () => {
  const key = RandomKey.of(7)

  test('gives the same numbers wherever it is used', () => {
    const again = RandomKey.of(7)
    expect(again.bits(9)).toEqual(key.bits(9))
    expect(again.uniform(9)).toEqual(key.uniform(9))
    expect(again.normal(9)).toEqual(key.normal(9))
    expect(again.permutation(9)).toEqual(key.permutation(9))
    expect(again.child('a').child(3)).toEqual(key.child('a').child(3))
  })

  test('gives a number that depends on its place, not on how many are drawn', () => {
    const all = key.bits(130)
    const normals = key.normal(130)
    for (const count of [0, 1, 2, 3, 64, 129]) {
      expect(key.bits(count)).toEqual(all.slice(0, count))
      expect(key.normal(count)).toEqual(normals.slice(0, count))
    }
  })

  test('of another seed gives other numbers, near and far, large and negative', () => {
    const seeds = [0, 1, 2, -1, -2, 2 ** 32, 2 ** 32 + 1, -(2 ** 32), 2 ** 52, 2 ** 53 - 1, -(2 ** 53) + 1]
    const first = seeds.map(seed => words(RandomKey.of(seed).bits(2)))
    expect(new Set(first).size).toBe(seeds.length)
  })

  test('is remade from its two words', () => {
    const child = key.child('anything')
    expect(new RandomKey(child.k0, child.k1).bits(4)).toEqual(child.bits(4))
    expect(new RandomKey(-1, 2 ** 32 - 1)).toEqual(new RandomKey(2 ** 32 - 1, -1))
  })
})

describe('children of a key', () => {
  const key = RandomKey.of(0)
  const names = ['dense1', 'dense2', 'dense10', 'dense01', '1', '', 'a', 'b', 'ab', 'ba', 'größe', '层', 'á']
  const numbers = [0, 1, 2, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 53 - 1]

  test('differ from each other, from their parent, and between names and numbers', () => {
    const keys = [key, ...names.map(name => key.child(name)), ...numbers.map(number => key.child(number))]
    expect(new Set(keys.map(({ k0, k1 }) => `${k0} ${k1}`)).size).toBe(1 + names.length + numbers.length)
  })

  test('of the same name differ between parents', () => {
    expect(key.child('a')).not.toEqual(RandomKey.of(1).child('a'))
    expect(key.child('a').child('b')).not.toEqual(key.child('b').child('a'))
  })

  test('are all different for ten thousand names and numbers', () => {
    const keys = Array.from({ length: 10_000 }, (_, i) => [key.child(`dense${i}`), key.child(i)]).flat()
    expect(new Set(keys.map(({ k0, k1 }) => k0 * 2 ** 21 + (k1 >>> 11))).size).toBe(20_000)
  })

  test.each([
    ['steps', (i: number) => key.child('dropout').child(i)],
    ['names', (i: number) => key.child(`dense${i}`)],
    ['seeds', (i: number) => RandomKey.of(i)],
  ])('of neighbouring %s give numbers that are not correlated', (_, keyOf) => {
    const count = 4000
    const draws = Array.from({ length: count + 1 }, (_, i) => (keyOf(i).uniform(1)[0] as number) - 0.5)
    const mean = draws.reduce((sum, x) => sum + x, 0) / count
    const correlation =
      draws.slice(1).reduce((sum, x, i) => sum + x * (draws[i] as number), 0) / count / (1 / 12)
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(1 / 12 / count))
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(count))
  })
})

describe('the numbers of a key', () => {
  const key = RandomKey.of(42)
  const count = 100_000
  const moment = (values: ArrayLike<number>, power: number) =>
    Array.from(values).reduce((sum, x) => sum + x ** power, 0) / values.length

  test('bits are half ones, at each of the 32 places', () => {
    const bits = key.bits(20_000)
    for (let place = 0; place < 32; place++) {
      const ones = bits.reduce((sum, word) => sum + ((word >>> place) & 1), 0)
      expect(Math.abs(ones - 10_000), `place ${place}`).toBeLessThan(4.5 * Math.sqrt(5000))
    }
  })

  test('uniform fills [0, 1) evenly', () => {
    const values = key.uniform(count)
    const bins = new Array<number>(100).fill(0)
    for (const x of values) {
      expect(x >= 0 && x < 1).toBe(true)
      bins[Math.floor(x * 100)] = (bins[Math.floor(x * 100)] as number) + 1
    }
    // Chi squared with 99 degrees of freedom is beyond these bounds once in ten thousand times.
    const chi = bins.reduce((sum, n) => sum + (n - count / 100) ** 2 / (count / 100), 0)
    expect(chi).toBeGreaterThan(53)
    expect(chi).toBeLessThan(161)
  })

  test('uniform keeps to the bounds that it is given', () => {
    const values = key.uniform(10_000, -3, 5)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-3)
    expect(Math.min(...values)).toBeLessThan(-2.99)
    expect(Math.max(...values)).toBeLessThan(5)
    expect(Math.max(...values)).toBeGreaterThan(4.99)
  })

  test('normal has the moments of the standard normal distribution', () => {
    const values = key.normal(count)
    expect(values.every(Number.isFinite)).toBe(true)
    expect(Math.abs(moment(values, 1))).toBeLessThan(4 / Math.sqrt(count))
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / count))
    expect(Math.abs(moment(values, 3))).toBeLessThan(4 * Math.sqrt(15 / count))
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / count))
    const beyondTwo = values.filter(x => Math.abs(x) > 2).length / count
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(4 * Math.sqrt(0.0455 / count))
  })

  test('neighbouring normal numbers are not correlated', () => {
    const values = key.normal(count)
    const product = values.slice(1).reduce((sum, x, i) => sum + x * (values[i] as number), 0) / count
    expect(Math.abs(product)).toBeLessThan(4 / Math.sqrt(count))
  })

  test.each([0, 1, 2, 3, 10, 130])('permutation holds each of %s numbers once', size => {
    const order = key.permutation(size)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i))
  })

  test('every permutation of four is as likely as every other', () => {
    const rounds = 24_000
    const seen = new Map<string, number>()
    for (let i = 0; i < rounds; i++) {
      const order = key.child(i).permutation(4).join('')
      seen.set(order, (seen.get(order) ?? 0) + 1)
    }
    expect(seen.size).toBe(24)
    const chi = [...seen.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)
    // 23 degrees of freedom: beyond this once in ten thousand times.
    expect(chi).toBeLessThan(55)
  })
})
