/** The table of runs as plain functions: columns, order, search, the rows that are seen, colours. */
import { describe, expect, test } from 'vitest'
import { listIn, textOfList } from '../../dashboard/runs/address-list.ts'
import { bestRuns } from '../../dashboard/runs/best.ts'
import { coloursOf } from '../../dashboard/runs/colours.ts'
import {
  type Column,
  columnOf,
  columnsOf,
  mainFigure,
  moment,
  numberText,
  usualColumns,
} from '../../dashboard/runs/columns.ts'
import { orderOf, sorted, turned } from '../../dashboard/runs/order.ts'
import { found, partOf, searchOf, withPart } from '../../dashboard/runs/search.ts'
import { rowsIn } from '../../dashboard/runs/windowed.ts'
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import { QuickDice } from '../support/dice.ts'

const row = (folder: string, more: Partial<RunRow> = {}): RunRow => ({
  folder,
  runId: folder,
  name: folder,
  status: 'finished',
  author: null,
  began: 0,
  updated: 1000,
  epoch: 3,
  epochs: 3,
  step: 30,
  hyperparameters: {},
  settings: {},
  config: {},
  last: {},
  best: {},
  reason: null,
  notes: '',
  tags: [],
  colour: null,
  ...more,
})

/** Runs by chance, in which any value may be missing, strange or not a number. */
function rows(count: number, seed: number): RunRow[] {
  const dice = new QuickDice(seed)
  const pick = <T>(list: readonly T[]) => list[dice.below(list.length)] as T
  return Array.from({ length: count }, (_, i) =>
    row(`run-${i}`, {
      name: pick(['wide', 'deep', 'Wide 10', 'wide 9', '', 'constructor']),
      status: pick(['finished', 'running', 'failed', 'interrupted']),
      author: pick([null, 'Ada', 'grace']),
      began: dice.below(5),
      tags: pick([[], ['old'], ['old', 'new one']]),
      hyperparameters: pick<RunRow['hyperparameters']>([
        {},
        { 'sgd1.learningRate': 0.1, batchSize: 32 },
        { 'sgd1.learningRate': 'cosine, initial 0.1' },
        { 'sgd1.learningRate': 0.01 },
      ]),
      config: pick([{}, { 'dense1.units': 16 }, { 'dense1.units': 8 }]),
      last: pick<RunRow['last']>([{}, { loss: 0.5 }, { loss: null }, { loss: 0.25, accuracy: 0.9 }]),
      best: pick([{}, { loss: { value: 0.4, step: 3 } }, { loss: { value: 0.2, step: 9 } }]),
    }),
  )
}

describe('sorting', () => {
  test.each([1, 2, 3, 4])('by any column keeps all runs, in order, what is missing last (%i)', seed => {
    const runs = rows(60, seed)
    for (const column of columnsOf(runs)) {
      const rising = sorted(runs, column, false)
      const falling = sorted(runs, column, true)
      for (const list of [rising, falling]) {
        expect(new Set(list)).toEqual(new Set(runs))
        const has = list.map(one => ![undefined, null, ''].includes(column.of(one) as null))
        expect(has.lastIndexOf(true)).toBe(has.filter(Boolean).length - 1)
      }
      const values = rising.map(one => column.of(one)).filter(value => typeof value === 'number')
      expect(values).toEqual([...values].sort((a, b) => a - b))
      // Equal ones stay in their order, whichever way round.
      for (const list of [rising, falling]) {
        for (const [i, one] of list.entries()) {
          const next = list[i + 1]
          if (next && Object.is(column.of(one), column.of(next)))
            expect(runs.indexOf(one)).toBeLessThan(runs.indexOf(next))
        }
      }
      expect(sorted(rising, column, false)).toEqual(rising)
    }
  })

  test('a click sorts the usual way round, and the next one the other', () => {
    const columns = columnsOf(rows(60, 1))
    const column = (id: string) => columnOf(columns, id) as Column
    expect(turned('-began', column('best.loss'))).toBe('best.loss')
    expect(turned('best.loss', column('best.loss'))).toBe('-best.loss')
    expect(turned('name', column('last.accuracy'))).toBe('-last.accuracy')
    expect(turned('-last.accuracy', column('last.accuracy'))).toBe('last.accuracy')
    expect(orderOf(turned('-began', column('name')))).toEqual({ id: 'name', isFalling: false })
  })

  test('numbers in names count as numbers', () => {
    const runs = ['wide 10', 'wide 9', 'Wide 2'].map(name => row(name, { name }))
    const names = sorted(runs, columnOf(columnsOf(runs), 'name') as Column, false).map(({ name }) => name)
    expect(names).toEqual(['Wide 2', 'wide 9', 'wide 10'])
  })
})

describe('the search', () => {
  const runs = rows(80, 7)
  const columns = columnsOf(runs)
  const matching = (query: string) => found(runs, searchOf(query, columns))

  test('without terms leaves all runs', () => {
    expect(matching('')).toEqual(runs)
    expect(matching('   ')).toEqual(runs)
  })

  test.each([
    'wide',
    'status:fail',
    'learningRate<0.05',
    'loss<=0.2',
    'tags:old',
    '"new one"',
    'units=8|16',
    'began>2',
  ])('%s and its contrary part the runs in two', term => {
    const [some, others] = [matching(term), matching(`-${term}`)]
    expect(some.length).toBeGreaterThan(0)
    expect(others.length).toBeGreaterThan(0)
    expect(new Set([...some, ...others])).toEqual(new Set(runs))
    expect(some.length + others.length).toBe(runs.length)
    // One more term only takes away, and in any order the same.
    const both = matching(`${term} status:finished`)
    expect(both).toEqual(some.filter(({ status }) => status === 'finished'))
    expect(matching(`status:finished ${term}`)).toEqual(both)
  })

  test('compares numbers as numbers, the best before the last', () => {
    expect(matching('loss<0.3')).toEqual(runs.filter(({ best }) => (best.loss?.value ?? 1) < 0.3))
    expect(matching('last.loss<0.3')).toEqual(runs.filter(({ last }) => (last.loss ?? 1) < 0.3))
    expect(matching('sgd1.learningRate=0.10')).toEqual(
      runs.filter(({ hyperparameters }) => hyperparameters['sgd1.learningRate'] === 0.1),
    )
  })

  test('says what it does not understand', () => {
    expect(searchOf('nothing<3', columns).problem).toBe('There is no column "nothing".')
    expect(searchOf('loss<many', columns).problem).toBe('"many" is not a number.')
    expect(searchOf('wide loss<3', columns).problem).toBeUndefined()
  })

  test.each(['', 'wide', 'wide "new one" loss<3 -status:failed'])(
    'of %j takes a part of a column, and gives it back',
    query => {
      const id = 'sgd1.learningRate'
      const ranged = withPart(searchOf(query, columns), id, { range: [0.01, 0.05] })
      expect(partOf(searchOf(ranged, columns), id)).toEqual({ range: [0.01, 0.05] })
      const narrowed = withPart(searchOf(ranged, columns), id, { values: ['cosine, initial 0.1', '0.1'] })
      expect(partOf(searchOf(narrowed, columns), id)).toEqual({ values: ['cosine, initial 0.1', '0.1'] })
      expect(found(runs, searchOf(narrowed, columns))).toEqual(
        matching(query).filter(({ hyperparameters }) =>
          ['cosine, initial 0.1', 0.1].includes(hyperparameters[id] as number),
        ),
      )
      expect(withPart(searchOf(narrowed, columns), id, {})).toBe(query)
    },
  )
})

describe('columns', () => {
  test('are those that some run has something in, each once', () => {
    const ids = columnsOf(rows(60, 3)).map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)])
    expect(ids).toEqual(
      expect.arrayContaining([
        'sgd1.learningRate',
        'batchSize',
        'dense1.units',
        'best.loss',
        'last.accuracy',
      ]),
    )
  })

  test('show at first what differs, and the figure that counts', () => {
    const one = row('a', {
      hyperparameters: { 'sgd1.learningRate': 0.1, 'sgd1.momentum': 0 },
      last: { loss: 1, validationLoss: 2 },
      best: { loss: { value: 1, step: 1 }, validationLoss: { value: 2, step: 1 } },
    })
    const two = { ...one, folder: 'b', hyperparameters: { 'sgd1.learningRate': 0.2, 'sgd1.momentum': 0 } }
    const usual = usualColumns(columnsOf([one, two]), [one, two])
    expect(mainFigure([one, two])).toBe('validationLoss')
    expect(usual).toEqual(
      expect.arrayContaining(['name', 'sgd1.learningRate', 'best.validationLoss', 'last.validationLoss']),
    )
    expect(usual).not.toContain('sgd1.momentum')
    const narrow = usualColumns(columnsOf([one, two]), [one, two], true)
    expect(narrow.slice(0, 2)).toEqual(['name', 'best.validationLoss'])
    expect(new Set(narrow)).toEqual(new Set(usual))
    expect(usualColumns(columnsOf([]), [])).toContain('name')
  })

  test('two numbers that differ in four digits do not look alike', () => {
    expect([0.12341, 0.12349, 3, 1e-9, 123456, Number.NaN].map(numberText)).toEqual([
      '0.1234',
      '0.1235',
      '3',
      '1e-9',
      '123456',
      '–',
    ])
    expect(moment(Number.NaN)).toBe('–')
  })
})

test('the best of a column is the lowest of a loss and the highest of others, and none where all are alike', () => {
  const runs = [0.3, 0.1, 0.2].map((value, i) =>
    row(`${i}`, { last: { loss: value, accuracy: value, r2: 1 }, best: { loss: { value, step: 1 } } }),
  )
  const columns = columnsOf(runs)
  const best = bestRuns(runs, columns)
  expect(Object.fromEntries(best)).toEqual({ 'best.loss': '1', 'last.loss': '1', 'last.accuracy': '0' })
  expect(bestRuns([], columns).size).toBe(0)
})

test('a run keeps its colour when others come after it, unless one is chosen', () => {
  const runs = Array.from({ length: 30 }, (_, i) => row(`${i}`, { began: i, colour: i === 4 ? 'red' : null }))
  const before = coloursOf(runs.slice(0, 20))
  const after = coloursOf(runs.toReversed())
  for (const [folder, colour] of before) expect(after.get(folder)).toBe(colour)
  expect(after.get('4')).toBe('red')
})

test('of a long table, the rows that are seen are there, wherever it is scrolled to', () => {
  for (const count of [0, 1, 5, 100, 1000]) {
    for (const top of [0, 31, 32, 3200, 1e6]) {
      const { first, end } = rowsIn(top, 320, 32, count)
      expect(first).toBeGreaterThanOrEqual(0)
      expect(end).toBeLessThanOrEqual(count)
      expect(end - first).toBeLessThanOrEqual(30)
      for (let i = Math.floor(top / 32); i < Math.min(Math.ceil((top + 320) / 32), count); i++) {
        expect(i).toBeGreaterThanOrEqual(first)
        expect(i).toBeLessThan(end)
      }
    }
  }
})

test('a list in the address comes back as it was, and nothing else is one', () => {
  for (const list of [[], ['a'], ['a,b', '"', '__proto__', 'é&=#']])
    expect(listIn(textOfList(list))).toEqual(list)
  for (const text of ['', '{', '{}', 'null', '[1]', '[[]]', '"a"']) expect(listIn(text)).toEqual([])
})
