/** The way from one state to another is right, and no longer than it has to be. */
import { applyPatches, enablePatches, produce } from 'immer'
import { describe, expect, test } from 'vitest'
import { difference } from '../../../runtime/bridge/server/difference.ts'
import { Dice } from '../../support/dice.ts'

enablePatches()

interface Tree {
  [name: string]: number | (number | { id: number })[] | Tree
}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Changes something somewhere, as a run changes its state: values, whole parts, lists at their ends and within. */
function change(tree: Tree, dice: Dice, depth = 0): void {
  const name = dice.pick(['a', 'b', 'c', 'length'])
  const value = tree[name]
  const chance = dice.next()
  if (isTree(value) && chance < 0.7) change(value, dice, depth + 1)
  else if (Array.isArray(value) && chance < 0.4) value.push({ id: dice.below(9) }, dice.below(3))
  else if (Array.isArray(value) && chance < 0.5) value.length = Math.max(0, value.length - 1 - dice.below(2))
  else if (Array.isArray(value) && chance < 0.7) value.splice(dice.below(value.length + 1), 1)
  else if (chance < 0.1) delete tree[name]
  else if (chance < 0.3 && depth < 3) tree[name] = {}
  else if (chance < 0.5) tree[name] = [1, { id: 2 }, 3, { id: 4 }]
  else tree[name] = dice.below(100)
}

test('500 sequences of changes are one difference, also after a journey as JSON', () => {
  for (let seed = 0; seed < 500; seed++) {
    const dice = new Dice(seed)
    const start: Tree = { a: { b: [1] }, b: 3, c: [] }
    let tree = start
    for (let i = 0; i < 1 + dice.below(20); i++) tree = produce(tree, draft => change(draft as Tree, dice))
    const changes = JSON.parse(JSON.stringify(difference(start, tree)))
    expect(applyPatches(start, changes), `seed ${seed}`).toEqual(tree)
  }
})

describe('it is short', () => {
  const records = Array.from({ length: 1000 }, (_, epoch) => ({ epoch }))
  const added = { epoch: 1000 }

  test('where nothing has changed', () => {
    expect(difference({ records }, { records })).toEqual([])
  })

  test('where fifty steps lie between', () => {
    expect(difference({ step: 1, records }, { step: 51, records })).toEqual([
      { op: 'replace', path: ['step'], value: 51 },
    ])
  })

  test('where a long list has lost some and won one', () => {
    const after = [...records.filter((_, i) => i !== 0 && i !== 7), added]
    expect(difference({ records }, { records: after })).toEqual([
      { op: 'remove', path: ['records', 7] },
      { op: 'remove', path: ['records', 0] },
      { op: 'add', path: ['records', 998], value: added },
    ])
  })

  test('where little of a list is left: then it is the list', () => {
    const after = [records[0], added, added]
    expect(difference({ records }, { records: after })).toEqual([
      { op: 'replace', path: ['records'], value: after },
    ])
  })
})
