/** Rows of a table as points: neighbours, names, and which tables there are. */
import type { RunState } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { RandomKey } from '../../core/index.ts'
import { finiteRows, neighboursOf, placesCalled } from '../../dashboard/outcome/neighbours.ts'
import { principal } from '../../dashboard/outcome/principal.ts'
import { shownOf, tablesOf } from '../../dashboard/outcome/tables.ts'

const randomRows = (seed: number, count: number, width: number) =>
  Float32Array.from(RandomKey.of(seed).uniform(count * width), luck => luck - 0.5)

describe.each([
  [3, 2],
  [63, 128],
  [1000, 16],
])('of %d rows of %d numbers', (count, width) => {
  const rows = randomRows(count, count, width)

  test('neighbours are those of a plain loop over all cosines', () => {
    for (const place of [0, 1, count - 1]) {
      const plain: [number, number][] = []
      for (let i = 0; i < count; i++) {
        let [dot, a, b] = [0, 0, 0]
        for (let j = 0; j < width; j++) {
          const [u, v] = [rows[place * width + j] as number, rows[i * width + j] as number]
          dot += u * v
          a += u ** 2
          b += v ** 2
        }
        if (i !== place) plain.push([dot / Math.sqrt(a) / Math.sqrt(b), i])
      }
      plain.sort(([a], [b]) => b - a)
      const found = neighboursOf(rows, width, place, 10)
      expect(found.map(each => each.place)).toEqual(plain.slice(0, 10).map(([, i]) => i))
      found.forEach(({ cosine }, i) => {
        expect(cosine).toBeCloseTo(plain[i]?.[0] as number, 12)
      })
    }
  })

  test('their length does not matter', () => {
    const lengths = RandomKey.of(5).uniform(count)
    const longer = rows.map(
      (value, i) => value * 2 ** Math.floor(20 * (lengths[Math.floor(i / width)] as number)),
    )
    const places = (of: Float32Array) => neighboursOf(of, width, 1, 10).map(({ place }) => place)
    expect(places(longer)).toEqual(places(rows))
  })

  test('rows of zeros and rows that are not finite are nobody’s neighbours, and have none', () => {
    const broken = rows.slice()
    broken.fill(0, 0, width)
    broken[width] = Number.NaN
    const last = count - 1
    for (const place of [0, 1]) expect(neighboursOf(broken, width, place, 10)).toEqual([])
    const places = neighboursOf(broken, width, last, count).map(({ place }) => place)
    expect(places.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count - 3 }, (_, i) => i + 2))
    expect(finiteRows(broken, width)).toEqual(Array.from({ length: count }, (_, i) => i).filter(i => i !== 1))
    expect(finiteRows(rows.fill(Number.POSITIVE_INFINITY), width)).toEqual([])
  })
})

test('the same row twice has the cosine 1, the opposite one -1, and never more', () => {
  const rows = [0.1, 0.2, 0.3, 0.1, 0.2, 0.3, -0.1, -0.2, -0.3]
  expect(neighboursOf(rows, 3, 0, 5)).toEqual([
    { place: 1, cosine: 1 },
    { place: 2, cosine: -1 },
  ])
})

test('points that lie in a plane keep their distances, whatever space it is in', () => {
  // 40 points of a plane, in 30 numbers and in 60, which take different ways.
  for (const width of [30, 60]) {
    const luck = RandomKey.of(width).uniform(80)
    const [first, second] = [0, 1].map(axis =>
      Array.from({ length: width }, (_, j) => (j % 2 === axis ? 1 : 0)),
    )
    const scale = Math.sqrt(width / 2)
    const rows = Float64Array.from({ length: 40 * width }, (_, at) => {
      const [i, j] = [Math.floor(at / width), at % width]
      const [u, v] = [(luck[2 * i] as number) * 3, luck[2 * i + 1] as number]
      return 5 + (u * (first?.[j] as number) + v * (second?.[j] as number)) / scale
    })
    const { points, shares } = principal(rows, 40, width)
    expect(shares[0] + shares[1]).toBeCloseTo(1, 9)
    for (let i = 1; i < 40; i++) {
      const apart = (of: ArrayLike<number>, long: number) => {
        let sum = 0
        for (let j = 0; j < long; j++) sum += ((of[i * long + j] as number) - (of[j] as number)) ** 2
        return Math.sqrt(sum)
      }
      expect(apart(points, 2)).toBeCloseTo(apart(rows, width), 8)
    }
  }
})

test('a text finds names in any case: the same first, then beginnings, then the rest', () => {
  const names = ['the', 'other', 'THE', 'then', 'a', 'breathe']
  expect(placesCalled(names, 'the')).toEqual([0, 2, 3, 1, 5])
  expect(placesCalled(names, 'x')).toEqual([])
  expect(placesCalled(names, '')).toEqual([])
  expect(placesCalled(['a.b', 'axb', '('], '.')).toEqual([0])
  expect(placesCalled(['a.b', 'axb', '('], '(')).toEqual([2])
})

test('tables are those of embeddings, and of as many rows as fit', () => {
  const node = (type: string, weights: Record<string, readonly number[]>) => ({ type, weights })
  const nodes = {
    embedding1: node('embedding', { embeddings: [50_000, 300] }),
    place: node('positionEmbedding', { positions: [64, 128] }),
    dense1: node('dense', { kernel: [30, 16], bias: [16] }),
    own: node('wordTable', { embeddings: [9, 4] }),
    yes: node('embedding', { embeddings: [2, 8] }),
    line: node('embedding', { embeddings: [100, 1] }),
  }
  const tables = tablesOf({ nodes } as unknown as RunState)
  expect(tables.map(({ node }) => node)).toEqual(['embedding1', 'place', 'own'])
  expect(tables.map(shownOf)).toEqual([873, 64, 9])
  expect(shownOf({ node: 'a', parameter: 'b', rows: 50_000, width: 8 })).toBe(2000)
  expect(shownOf({ node: 'a', parameter: 'b', rows: 5, width: 262_144 })).toBe(1)
})
