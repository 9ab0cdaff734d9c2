/** The samples behind a cell of the confusion matrix. */
import type { Predictions, PredictQuery, RunState } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { RandomKey } from '../../core/index.ts'
import { chosenOf, chosenText, probabilityOf, samplesBehind } from '../../dashboard/outcome/behind.ts'
import { pictureOf, pixelsOf, rangeOf } from '../../dashboard/outcome/picture.ts'
import { SampleStore } from '../../dashboard/outcome/sample-store.ts'
import { confusionOf, mistakenOf } from '../../dashboard/scores.ts'
import { classOf } from '../../dashboard/task.ts'
import type { Told } from '../../dashboard/told.ts'

/** Random classes and probabilities, some of them not numbers. */
function toldOfRandom(seed: number, classes: number, count: number): Told {
  const key = RandomKey.of(seed)
  const luck = key.child('probabilities').uniform(count * classes)
  const actual = Array.from(key.child('classes').uniform(count), share => Math.floor(share * classes))
  const meanings = actual.map((_, i) => {
    const row = Array.from(luck.subarray(i * classes, (i + 1) * classes))
    return i % 17 === 3 ? row.map(() => Number.NaN) : row
  })
  const predicted = meanings.map(classOf)
  return { actual, predicted, targets: [], meanings }
}

describe.each([2, 3, 10])('of %d classes', classes => {
  const told = toldOfRandom(classes, classes, 300)
  const counts = confusionOf(told.actual, told.predicted, classes)

  test('each cell has as many samples as it says, and no sample is in two', () => {
    const seen = new Set<number>()
    counts.forEach((row, actual) => {
      row.forEach((count, predicted) => {
        const places = samplesBehind(told, { actual, predicted }, false)
        expect(places).toHaveLength(count)
        for (const place of places) seen.add(place)
        expect(samplesBehind(told, { actual, predicted }, true).toSorted((a, b) => a - b)).toEqual(places)
      })
    })
    expect(seen.size).toBe(told.predicted.filter(of => of >= 0).length)
  })

  test('mistakes are all that is not on the diagonal, the most wrong first', () => {
    const places = samplesBehind(told, 'mistakes', true)
    const right = counts.reduce((sum, row, i) => sum + (row[i] as number), 0)
    expect(places).toHaveLength(300 - right)
    const sureness = places.map(i => probabilityOf(told, i, told.actual[i] as number) || 0)
    expect(sureness).toEqual(sureness.toSorted((a, b) => a - b))
  })
})

test('a cell survives in an address, and others do not', () => {
  for (const chosen of ['mistakes', { actual: 3, predicted: 0 }] as const)
    expect(chosenOf(chosenText(chosen), 4)).toEqual(chosen)
  for (const text of ['', '3', '4 0', '0 4', '-1 0', '1.5 0', 'mistake'])
    expect(chosenOf(text, 4)).toBe(undefined)
})

test('of many classes, those with the most mistakes are shown', () => {
  const counts = Array.from({ length: 50 }, (_, i) => Array.from({ length: 50 }, (_, j) => (i === j ? 9 : 0)))
  ;(counts[7] as number[])[40] = 3
  ;(counts[40] as number[])[2] = 1
  expect(mistakenOf(counts, 3)).toEqual([2, 7, 40])
  expect(mistakenOf(counts, 50)).toHaveLength(50)
})

describe('a sample is a picture', () => {
  const nodes = (shape: (number | null)[], more = {}) =>
    ({ nodes: { x: { type: 'input', inputs: [], shape }, ...more } }) as unknown as RunState
  const reshape = (shape: (number | null)[]) => ({ reshape1: { type: 'reshape', inputs: ['x'], shape } })

  test('by its shape, by what the graph makes of it, or by the names of its numbers', () => {
    const grey = { height: 8, width: 8, channels: 1 }
    expect(pictureOf(nodes([null, 28, 20]), 'x', undefined)).toEqual({ height: 28, width: 20, channels: 1 })
    expect(pictureOf(nodes([null, 28, 20, 3]), 'x', undefined)?.channels).toBe(3)
    expect(pictureOf(nodes([null, 64], reshape([null, 8, 8, 1])), 'x', undefined)).toEqual(grey)
    const pixels = Array.from({ length: 64 }, (_, i) => `p${i}`)
    expect(pictureOf(nodes([null, 64]), 'x', pixels)).toEqual(grey)
  })

  test('and nothing else is', () => {
    const others = Array.from({ length: 64 }, (_, i) => `mean ${i}`)
    expect(pictureOf(nodes([null, 64]), 'x', others)).toBeUndefined()
    expect(pictureOf(nodes([null, 64]), 'x', undefined)).toBeUndefined()
    expect(pictureOf(nodes([null, 30]), 'x', undefined)).toBeUndefined()
    expect(pictureOf(nodes([null, 28, 28, 2]), 'x', undefined)).toBeUndefined()
    expect(pictureOf(nodes([null, null, 28]), 'x', undefined)).toBeUndefined()
    expect(pictureOf(nodes([null, 64], reshape([null, 32, 2])), 'x', undefined)).toBeUndefined()
  })

  test('whose darkest and lightest numbers are black and white', () => {
    const shape = { height: 4, width: 4, channels: 1 } as const
    const sample = Array.from({ length: 16 }, (_, i) => i - 3)
    const pixels = pixelsOf(sample, shape, rangeOf([sample]))
    expect([...pixels.subarray(0, 4)]).toEqual([0, 0, 0, 255])
    expect([...pixels.subarray(60)]).toEqual([255, 255, 255, 255])
    const coloured = pixelsOf([1, 0, 0.5], { height: 1, width: 1, channels: 3 } as const, [0, 1])
    expect([...coloured]).toEqual([255, 0, 128, 255])
  })
})

test('samples are requested once, and few enough are kept', async () => {
  const queries: PredictQuery[] = []
  const client = {
    async predict(query: PredictQuery): Promise<Predictions> {
      queries.push(query)
      const { rows = [] } = query as { rows?: readonly number[] }
      const data = rows.flatMap(row => new Array<number>(60_000).fill(row))
      return { outputs: {}, columns: { x: { shape: [rows.length, 60_000], data } }, names: {} }
    },
  }
  const store = new SampleStore(client, 'validation', ['x', 'left out'])
  expect(store.names).toEqual({})
  await store.fetch([5, 9])
  await store.fetch([9, 5, 7])
  expect(queries).toEqual([
    { of: 'validation', rows: [5, 9] },
    { of: 'validation', rows: [7] },
  ])
  expect(store.get(9)?.x?.[0]).toBe(9)
  expect(store.get(9)?.['left out']).toBeUndefined()
  for (let i = 10; i < 40; i++) await store.fetch([i])
  const kept = Array.from({ length: 40 }, (_, i) => store.get(i)).filter(Boolean)
  expect(kept.length).toBeLessThan(20)
  expect(store.get(39)).toBeDefined()
})

test('a sample of a table has the row that was written, each with its own place', async () => {
  const client = {
    async predict(query: PredictQuery): Promise<Predictions> {
      const { rows = [], cells } = query as { rows?: readonly number[]; cells?: boolean }
      expect(cells).toBe(true)
      const table = { names: ['constructor'], rows: rows.map(row => [`city ${row}`]) }
      return { outputs: {}, columns: {}, cells: { x: table, target: table } }
    },
  }
  const store = new SampleStore(client, 'data', ['x', 'constructor'], true)
  await store.fetch([3, 1])
  await store.fetch([1, 2])
  expect([1, 2, 3].map(place => store.rowOf(place).x)).toEqual([['city 1'], ['city 2'], ['city 3']])
  expect(Object.entries(store.names)).toEqual([['x', ['constructor']]])
  expect(store.rowOf(9).constructor).toBeUndefined()
})
