/** The history of a run: bounded, even, and moved by patches, however many epochs it takes in at once. */
import { RandomKey } from 'gradstream'
import { applyPatches, enablePatches } from 'immer'
import { expect, test } from 'vitest'
import { History } from '../../../runtime/training/history.ts'

enablePatches()

const BOUNDS = [1, 2, 3, 7, 40]

/** Takes in some entries, and gives the list with how it came about. */
function take(history: History<number>, before: readonly number[], entries: readonly number[]) {
  for (const entry of entries) history.add(entry)
  return history.since(before) ?? { list: before, patches: [], inversePatches: [] }
}

test.each(BOUNDS)('with room for %i it is the same, however many come between two looks', bound => {
  const entries = Array.from({ length: 500 }, (_, i) => i)
  const [single, several] = [new History<number>(bound), new History<number>(bound)]
  let one: readonly number[] = []
  for (const entry of entries) one = take(single, one, [entry]).list
  let many: readonly number[] = []
  const sizes = RandomKey.of(bound).uniform(500, 0, 60)
  for (let i = 0, start = 0; start < entries.length; i++) {
    const end = start + Math.floor(sizes[i] as number)
    many = take(several, many, entries.slice(start, end)).list
    start = end
  }
  expect(many).toEqual(one)
  expect(many.length).toBeLessThanOrEqual(bound)
  expect(many.at(-1)).toBe(499)
})

test.each(BOUNDS)('with room for %i, patches lead from each list to the next, and back', bound => {
  const history = new History<number>(bound)
  const sizes = RandomKey.of(bound).uniform(60, 0, 20)
  let list: readonly number[] = []
  let next = 0
  for (const size of sizes) {
    const before = structuredClone(list)
    const entries = Array.from({ length: Math.floor(size) }, () => next++)
    const growth = take(history, list, entries)
    expect(list).toEqual(before)
    expect(applyPatches(list, growth.patches as never)).toEqual(growth.list)
    expect(applyPatches(growth.list, growth.inversePatches as never)).toEqual(list)
    list = growth.list
  }
  expect(next).toBeGreaterThan(2 * bound)
})
