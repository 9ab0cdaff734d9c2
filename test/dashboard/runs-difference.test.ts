/** The difference of two graphs and of two sets of settings, by laws. */
import { describe, expect, test } from 'vitest'
import { changesOf, graphDifference, isChange, kindOf, type Pair } from '../../dashboard/runs/difference.ts'
import type { NodeRow } from '../../runtime/runs-page/answers.ts'
import { QuickDice } from '../support/dice.ts'

type Kind = readonly [type: string, config?: NodeRow['config']]

/** A chain with names by type and order, as `graph` gives them. */
function chain(...kinds: Kind[]): NodeRow[] {
  const counts = new Map<string, number>()
  let from = 'x'
  return kinds.map(([type, config = {}]) => {
    counts.set(type, (counts.get(type) ?? 0) + 1)
    const id = `${type}${counts.get(type)}`
    const node = { id, type, config, inputs: [{ input: 'x', from, output: '' }] }
    from = id
    return node
  })
}

/** A graph by chance, whose nodes take any of those before. */
function anyGraph(count: number, seed: number): NodeRow[] {
  const dice = new QuickDice(seed)
  const nodes = chain(
    ...Array.from(
      { length: count },
      (): Kind => [['dense', 'relu', 'add'][dice.below(3)] as string, { units: dice.below(3) }],
    ),
  )
  return nodes.map((node, i) =>
    i < 2 || dice.below(3) > 0
      ? node
      : {
          ...node,
          inputs: [...node.inputs, { input: 'b', from: nodes[dice.below(i)]?.id ?? 'x', output: '' }],
        },
  )
}

const kinds = (pairs: readonly Pair[]) => {
  const counts = { added: 0, removed: 0, changed: 0, alike: 0 }
  for (const pair of pairs) counts[kindOf(pair)]++
  return counts
}

describe('of two graphs', () => {
  test.each([0, 1, 2, 30, 2000])('a graph of %i nodes and itself there is none', count => {
    const nodes = anyGraph(count, 1)
    const { pairs, added, removed } = graphDifference(nodes, nodes)
    expect(kinds(pairs)).toEqual({ added: 0, removed: 0, changed: 0, alike: count })
    expect([added, removed]).toEqual([[], []])
  })

  test.each([
    [20, 1, 2],
    [60, 3, 4],
    [300, 5, 6],
  ])('of %i nodes, every node is in one pair, and the way back is the contrary', (count, seed, other) => {
    const [a, b] = [anyGraph(count, seed), anyGraph(count, other)]
    const there = graphDifference(a, b)
    expect(there.pairs.flatMap(({ before }) => before ?? [])).toEqual(a)
    expect(there.pairs.flatMap(({ after }) => after ?? [])).toEqual(b)
    for (const { before, after } of there.pairs) if (before && after) expect(before.type).toBe(after.type)
    const back = graphDifference(b, a)
    const forth = kinds(there.pairs)
    expect(kinds(back.pairs).added).toBe(forth.removed)
    expect(kinds(back.pairs).removed).toBe(forth.added)
    // Edges that stay are in both, so that what was removed and added tells the rest.
    const edges = (nodes: NodeRow[]) => nodes.reduce((sum, { inputs }) => sum + inputs.length, 0)
    expect(edges(a) - there.removed.length).toBe(edges(b) - there.added.length)
  })

  test('one more layer is one more layer, although all that follow have other names', () => {
    const before = chain(['dense', { units: 8 }], ['relu'], ['dense', { units: 1 }], ['sigmoid'])
    const after = chain(
      ['dense', { units: 8 }],
      ['relu'],
      ['dense', { units: 4 }],
      ['relu'],
      ['dense', { units: 1 }],
      ['sigmoid'],
    )
    const { pairs, added, removed } = graphDifference(before, after)
    expect(kinds(pairs)).toEqual({ added: 2, removed: 0, changed: 0, alike: 4 })
    expect(pairs.filter(pair => !pair.before).map(pair => pair.after?.id)).toEqual(['dense2', 'relu2'])
    expect(pairs.find(pair => pair.before?.id === 'dense2')?.after?.id).toBe('dense3')
    expect(added.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'relu1 dense2',
      'dense2 relu2',
      'relu2 dense3',
    ])
    expect(removed.map(({ from, to }) => `${from} ${to}`)).toEqual(['relu1 dense2'])
  })

  test('a config that was changed is told, and nothing else', () => {
    const before = chain(['dense', { units: 8, bias: true }], ['relu'], ['dense', { units: 1 }])
    const after = chain(['dense', { units: 16, bias: true }], ['relu'], ['dense', { units: 1 }])
    const { pairs, added, removed } = graphDifference(before, after)
    expect(kinds(pairs)).toEqual({ added: 0, removed: 0, changed: 1, alike: 2 })
    expect(pairs[0]?.changes).toEqual([{ name: 'units', before: 8, after: 16 }])
    expect([added, removed]).toEqual([[], []])
  })

  test('a name that somebody gave keeps its node, also among others of its type', () => {
    const named = (id: string, units: number): NodeRow => ({
      id,
      type: 'dense',
      config: { units },
      inputs: [],
    })
    const before = [named('encoder', 8), named('dense1', 8)]
    const after = [named('dense1', 8), named('encoder', 4)]
    const { pairs } = graphDifference(before, after)
    const encoder = pairs.find(pair => pair.before?.id === 'encoder')
    expect(encoder?.after?.id).toBe('encoder')
    expect(encoder?.changes).toEqual([{ name: 'units', before: 8, after: 4 }])
  })

  test('another connection between the same nodes is one removed and one added, the output included', () => {
    const [a, b, c] = chain(['dense'], ['relu'], ['add']) as [NodeRow, NodeRow, NodeRow]
    const moved = { ...c, inputs: [{ input: 'x', from: a.id, output: '' }] }
    const state = { ...c, inputs: [{ input: 'x', from: b.id, output: 'state' }] }
    expect(graphDifference([a, b, c], [a, b, moved])).toMatchObject({
      removed: [{ from: 'relu1', to: 'add1' }],
      added: [{ from: 'dense1', to: 'add1' }],
    })
    expect(graphDifference([a, b, c], [a, b, state])).toMatchObject({
      removed: [{ output: '' }],
      added: [{ output: 'state' }],
    })
  })

  test('hostile names are names like any other', () => {
    const nodes = ['__proto__', 'constructor', 'a.b', ''].map(
      (id, i, all): NodeRow => ({
        id,
        type: 'dense',
        config: {},
        inputs: [{ input: '__proto__', from: all[i - 1] ?? 'x', output: 'toString' }],
      }),
    )
    const { pairs, added, removed } = graphDifference(nodes, nodes.slice(1))
    expect(kinds(pairs)).toMatchObject({ removed: 1, alike: 3 })
    expect([added.length, removed.length]).toEqual([0, 1])
  })

  test('thousands of other nodes take moments', () => {
    const [a, b] = [
      chain(...Array.from({ length: 3000 }, (): Kind => ['dense'])),
      chain(...Array.from({ length: 3000 }, (): Kind => ['relu'])),
    ]
    expect(kinds(graphDifference(a, b).pairs)).toEqual({ added: 3000, removed: 3000, changed: 0, alike: 0 })
  })
})

test('of settings, each name is there once, and a missing one differs from null', () => {
  const changes = changesOf({ a: 1, b: null, c: Number.NaN }, { c: Number.NaN, a: 2, d: 'x' })
  expect(changes.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
  expect(changes.filter(isChange).map(({ name }) => name)).toEqual(['a', 'b', 'd'])
  const same = { toString: 1, a: null }
  expect(changesOf(same, { ...same }).some(isChange)).toBe(false)
})
