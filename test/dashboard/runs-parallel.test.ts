/** The axes of parallel coordinates: places on them, and what a stretch of them is in the search. */
import { expect, test } from 'vitest'
import { type Column, columnOf, columnsOf } from '../../dashboard/runs/columns.ts'
import { type Axis, axisOf, variedColumns } from '../../dashboard/runs/parallel.ts'
import { found, partOf, searchOf, withPart } from '../../dashboard/runs/search.ts'
import { tagsIn, textOfTags } from '../../dashboard/runs/tags.ts'
import type { RunRow, Setting } from '../../runtime/runs-page/answers.ts'
import { QuickDice } from '../support/dice.ts'

const rowsOf = (values: readonly (Setting | undefined)[]): RunRow[] =>
  values.map((value, i) => ({
    folder: `${i}`,
    runId: `${i}`,
    name: `${i}`,
    status: 'finished',
    author: null,
    began: i,
    updated: i,
    epoch: 1,
    epochs: 1,
    step: 1,
    hyperparameters: value === undefined ? {} : { setting: value },
    settings: {},
    config: {},
    last: {},
    best: {},
    reason: null,
    notes: '',
    tags: [],
    colour: null,
  }))

const axisFor = (rows: readonly RunRow[]) =>
  axisOf(columnOf(columnsOf(rows), 'setting') as Column, rows) as Axis

const dice = new QuickDice(5)
const LISTS: Record<string, (Setting | undefined)[]> = {
  rates: [0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.1],
  whole: [4, 8, 16, 32, 64],
  signed: [-5, 0, 3, 8, 0.001],
  many: Array.from({ length: 200 }, () => dice.below(1e6) / 1000),
  one: [7, 7],
  names: ['relu', 'tanh', 'gelu', 'relu'],
  mixed: [0.1, 'cosine, initial 0.1', 0.01, true],
  missing: [0.5, undefined, null, 0.7, Number.NaN],
}

test.each(Object.keys(LISTS))(
  '%s have places from 0 to 1, in their order, and marks where they are',
  name => {
    const rows = rowsOf(LISTS[name] as Setting[])
    const axis = axisFor(rows)
    const numbers = rows.flatMap(row => {
      const [value, place] = [row.hyperparameters.setting, axis.placeOf(row)]
      if (value == null || Number.isNaN(value)) expect(place).toBeUndefined()
      else {
        expect(place).toBeGreaterThanOrEqual(0)
        expect(place).toBeLessThanOrEqual(1)
      }
      return typeof value === 'number' && place !== undefined && axis.kind !== 'names'
        ? [{ value, place }]
        : []
    })
    const sorted = numbers.toSorted((a, b) => a.value - b.value).map(({ place }) => place)
    expect(sorted).toEqual(sorted.toSorted((a, b) => a - b))
    expect(axis.marks.length).toBeGreaterThan(0)
    expect(axis.marks.length).toBeLessThan(12)
  },
)

test.each(Object.keys(LISTS))('a stretch over %s leaves the runs in it, as the search does', name => {
  const rows = rowsOf(LISTS[name] as Setting[])
  const axis = axisFor(rows)
  for (const [from, to] of [
    [0, 1],
    [-0.2, 0.5],
    [0.4, 1.3],
    [0.2, 0.8],
  ] as const) {
    const columns = columnsOf(rows)
    const query = withPart(searchOf('', columns), 'setting', axis.partOf(from, to))
    const search = searchOf(query, columns)
    expect(search.problem).toBeUndefined()
    const left = new Set(found(rows, search))
    const inside = rows.filter(row => {
      const place = axis.placeOf(row)
      return place !== undefined && place >= from && place <= to
    })
    // An end is rounded outwards, so that it never takes away a run that was in it.
    if (query !== '') for (const row of inside) expect(left).toContain(row)
    for (const row of left) {
      const place = axis.placeOf(row)
      if (query === '' || place === undefined) continue
      expect(place).toBeGreaterThanOrEqual(from - 0.02)
      expect(place).toBeLessThanOrEqual(to + 0.02)
    }
    const shown = axis.stretchOf(partOf(search, 'setting'))
    // An axis of a single value has no length.
    if (query !== '' && axis.kind !== 'names' && name !== 'one') {
      expect(shown?.[0]).toBeCloseTo(Math.max(from, 0), 1)
      expect(shown?.[1]).toBeCloseTo(Math.min(to, 1), 1)
    }
  }
  expect(axis.stretchOf({})).toBeUndefined()
})

test('rates have a logarithmic axis, and numbers below 0 a linear one', () => {
  expect(axisFor(rowsOf(LISTS.rates as number[])).kind).toBe('log')
  expect(axisFor(rowsOf(LISTS.signed as number[])).kind).toBe('linear')
  expect(axisFor(rowsOf(LISTS.mixed as number[])).kind).toBe('names')
})

test('only what differs has an axis', () => {
  const rows = rowsOf([1, 2]).map(row => ({ ...row, hyperparameters: { ...row.hyperparameters, same: 1 } }))
  expect(variedColumns(columnsOf(rows), rows).map(({ id }) => id)).toEqual(['setting'])
  expect(variedColumns(columnsOf([]), [])).toEqual([])
})

test('tags are what is between commas, each once', () => {
  expect(tagsIn(' a, b c ,,a,')).toEqual(['a', 'b c'])
  expect(tagsIn(textOfTags(['x', 'y z']))).toEqual(['x', 'y z'])
  expect(tagsIn('')).toEqual([])
})
