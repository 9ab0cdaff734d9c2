/** The generated page shows every public name, and every option with its default and its limits. */
import { beforeAll, describe, expect, test } from 'vitest'
import { apiPage } from '../../docs/api/page.ts'
import { exportsOf } from '../../docs/api/syntax.ts'
import { doors } from '../support/imports.ts'

let page: string
let headings: string[]
let options: string[][]

beforeAll(async () => {
  page = await apiPage()
  headings = [...page.matchAll(/^### `(\w+)`$/gm)].map(([, name = '']) => name)
  options = [...page.matchAll(/^\| option \|.*\n.*\n((?:\|.*\n?)+)/gm)].flatMap(([, rows = '']) =>
    rows
      .trim()
      .split('\n')
      .map(row => row.split(/(?<!\\)\|/).map(cell => cell.trim())),
  )
}, 60_000)

describe.each([...doors])('%s', (_, file) => {
  test('has a section for each of its names', () => {
    const names = exportsOf(file).map(([name]) => name)
    expect(names.filter(name => !headings.includes(name))).toEqual([])
  })
})

test('no name is shown twice', () => {
  expect(headings).toHaveLength(new Set(headings).size)
})

test('each option has a default, or is required', () => {
  expect(options.length).toBeGreaterThan(80)
  expect(
    options.filter(([, name, , value]) => !value && name !== '`shuffle`').map(([, name]) => name),
  ).toEqual([])
})

test('limits are those of the checks', () => {
  const limits = new Map(options.map(([, name, , , limit]) => [name, limit]))
  expect(limits.get('`momentum`')).toBe('≥ 0, < 1')
  expect(limits.get('`units`')).toBe('≥ 1, whole')
  expect(limits.get('`epochs`')).toBe('≥ 1, whole')
  expect(limits.get('`rate`')).not.toBe('')
})
