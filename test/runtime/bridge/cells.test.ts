/** Samples as the rows of the table they come from: what was written there comes back, whatever became of it for the network. */
import { arrayOf, csv, fromArrays, type Row } from 'gradstream'
import { describe, expect, test } from 'vitest'
import type { Cells } from '../../../client.ts'
import { cellsOf, classesOfTarget } from '../../../runtime/bridge/server/cells.ts'
import { Dice } from '../../support/dice.ts'

const CITIES = ['Paris', 'Rome', 'constructor', '__proto__', 'São Paulo']

/** A table with a column of each kind. */
function table(count: number) {
  const dice = new Dice(count)
  return Array.from(
    { length: count },
    (_, i): Row => ({
      age: i < 5 ? 20 + i : dice.below(90),
      city: CITIES[i < 5 ? i : dice.below(5)],
      member: i % 2 === 0 ? 'yes' : 'no',
      street: `street ${dice.below(7)}`,
      since: new Date(Date.UTC(2000 + dice.below(25), dice.below(12), 1 + dice.below(28)))
        .toISOString()
        .slice(0, 10),
      height: 1 + i / 8,
      price: 1000 * dice.next(),
    }),
  )
}

const OPTIONS = {
  target: 'price',
  columns: {
    city: { type: 'category' },
    member: { type: 'binary' },
    street: { type: 'index' },
    since: { type: 'date' },
  },
} as const

describe.each([
  ['as it is', (data: ReturnType<typeof arrayOf>) => data],
  ['standardized', (data: ReturnType<typeof arrayOf>) => data.standardize({ columns: ['x', 'target'] })],
])('of a table %s', (_, change) => {
  test('each cell is what was written, in any order of rows and in either part of a split', () => {
    const rows = table(60)
    const { train, validation } = change(arrayOf(rows, OPTIONS)).split({ validation: 0.3, seed: 2 })
    for (const part of [train, validation]) {
      const places = Array.from({ length: part.size }, (_, place) => part.size - 1 - place)
      const { x, target } = cellsOf(part, places)
      expect(x?.names).toEqual(['age', 'city', 'member', 'street', 'since', 'height'])
      expect(target?.names).toEqual(['price'])
      const found = x?.rows.map((cells, i) => {
        const row = Object.fromEntries(cells.map((cell, at) => [x.names[at], cell]))
        const [price] = (target as Cells).rows[i] as [number]
        const written = rows.find(row => Math.abs((row.price as number) - price) < 1e-3)
        const { price: __, ...others } = written as Row
        expect(row).toEqual(others)
        return written
      })
      expect(new Set(found).size).toBe(part.size)
    }
  })
})

test('an empty cell is its own category or what it was filled with, and an unknown category is nothing', async () => {
  const text = 'city,age,y\nParis,1,0\nRome,,1\n,5,0\n'
  const train = await csv(new Blob([text]), {
    target: 'y',
    columns: { city: { type: 'category', missing: 'category', unknown: 'ignore' }, age: { missing: 'mean' } },
  })
  expect(cellsOf(train, [0, 1, 2]).x?.rows).toEqual([
    ['Paris', 1],
    ['Rome', 3],
    ['', 5],
  ])
  const later = await csv(new Blob(['city,age,y\nOslo,7,0\n']), { like: train })
  expect(cellsOf(later, [0]).x?.rows).toEqual([[null, 7]])
})

test('times have their time of day, long names are cut, and other data have no cells', () => {
  const rows = [
    { at: '2024-02-29T12:30:00Z', name: 'n'.repeat(100), y: 1 },
    { at: '1969-12-31', name: 'b', y: 2 },
  ]
  const columns = { at: { type: 'date' }, name: { type: 'category' } } as const
  const { x } = cellsOf(arrayOf(rows, { target: 'y', columns }), [0, 1])
  expect(x?.rows).toEqual([
    ['2024-02-29T12:30:00Z', `${'n'.repeat(63)}…`],
    ['1969-12-31', 'b'],
  ])
  expect(cellsOf(fromArrays({ x: [[1, 2]], target: [[1]] }), [0])).toEqual({})
})

test.each([
  [['benign', 'malignant'], 'binary', ['benign', 'malignant']],
  [['no', 'maybe'], 'binary', ['maybe', 'no']],
  [['yes', 'no'], 'binary', undefined],
  [['False', 'True'], 'binary', undefined],
  [[0, 1], 'binary', undefined],
  [['cheap', 'fair', 'dear'], 'index', ['cheap', 'dear', 'fair']],
  [['cheap', 'fair', 'dear'], 'category', undefined],
  [[1, 2, 3], 'number', undefined],
] as const)('the classes %j of a target that is of type %s are called %j', (values, type, classes) => {
  const rows = Array.from({ length: 6 }, (_, i) => ({ x: i, y: values[i % values.length] }))
  expect(classesOfTarget(arrayOf(rows, { target: 'y', columns: { y: { type } } }))).toEqual(classes)
})

test('too many cells are left out', () => {
  const rows = Array.from({ length: 20 }, (_, i) => ({ a: i, b: -i, y: i }))
  const data = arrayOf(rows, { target: 'y' })
  const places = Array.from({ length: 10_000 }, (_, i) => i % 20)
  expect(Object.keys(cellsOf(data, places))).toEqual(['target'])
})
