/** Changes folded into fewer say the same. */
import { applyPatches, enablePatches, produceWithPatches } from 'immer'
import { expect, test } from 'vitest'
import type { Change } from '../../../runtime/bridge/protocol.ts'
import { folded, PatchLog } from '../../../runtime/bridge/server/patch-log.ts'
import { Dice } from '../../support/random-graph.ts'

enablePatches()

interface Tree {
  [name: string]: number | number[] | Tree
}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Changes something somewhere, as a run changes its state: values, whole parts, ends of lists. */
function change(tree: Tree, dice: Dice, depth = 0): void {
  const name = dice.pick(['a', 'b', 'c', 'length'])
  const value = tree[name]
  const chance = dice.next()
  if (isTree(value) && chance < 0.7) change(value, dice, depth + 1)
  else if (Array.isArray(value) && chance < 0.5) value.push(dice.below(9))
  else if (Array.isArray(value) && chance < 0.7) value.length = Math.max(0, value.length - 1 - dice.below(2))
  else if (chance < 0.1) delete tree[name]
  else if (chance < 0.3 && depth < 3) tree[name] = {}
  else if (chance < 0.5) tree[name] = [1, 2]
  else tree[name] = dice.below(100)
}

test('500 sequences of changes end the same, folded or not', () => {
  let [before, after] = [0, 0]
  for (let seed = 0; seed < 500; seed++) {
    const dice = new Dice(seed)
    const start: Tree = { a: { b: [1] }, b: 3, c: [] }
    let tree = start
    const all: Change[] = []
    for (let i = 0; i < 2 + dice.below(20); i++) {
      const [next, patches] = produceWithPatches(tree, draft => change(draft as Tree, dice))
      tree = next
      all.push(...(patches as Change[]))
    }
    const fewer = folded(all)
    expect(applyPatches(start, fewer as never), `seed ${seed}`).toEqual(tree)
    before += all.length
    after += fewer.length
  }
  expect(after).toBeLessThan(0.8 * before)
})

test('fifty steps are one change', () => {
  const steps = Array.from(
    { length: 50 },
    (_, step): Change => ({ op: 'replace', path: ['step'], value: step }),
  )
  expect(folded(steps)).toEqual([steps[49]])
})

const at = (version: number) => ({
  version,
  patches: [{ op: 'replace' as const, path: ['step'], value: version }],
  inversePatches: [],
})

test('the log knows its last 1024 versions, and no others', () => {
  const log = new PatchLog(10)
  expect(log.since(10)).toEqual([])
  for (let version = 11; version <= 3000; version++) log.add(at(version))
  expect(log.since(2990)).toEqual(at(3000).patches)
  expect(log.since(3000 - 1024)).toEqual(at(3000).patches)
  for (const version of [3000 - 1025, 10, 0, -1, 3001, 2.5, Number.NaN]) {
    expect(log.since(version)).toBeUndefined()
  }
})
