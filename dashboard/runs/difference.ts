/** What is different between two graphs, and between two sets of settings. */
import type { NodeRow, Setting, Settings } from '../../runtime/runs-page/answers.ts'

export interface Change {
  readonly name: string
  /** Undefined where it is not there. */
  readonly before: Setting | undefined
  readonly after: Setting | undefined
}

/** A node of one graph and the node of the other that corresponds to it; one of them is missing where it was added or removed. */
export interface Pair {
  readonly before?: NodeRow
  readonly after?: NodeRow
  /** What is different in their configs. */
  readonly changes: readonly Change[]
}

export interface Edge {
  readonly from: string
  /** Empty for the usual one. */
  readonly output: string
  readonly to: string
  readonly input: string
}

export interface GraphDifference {
  /** In the order of the graphs. */
  readonly pairs: readonly Pair[]
  /** By the names of the graph that they are in. */
  readonly added: readonly Edge[]
  readonly removed: readonly Edge[]
}

/** All names of both, those of the first in their order. */
export function changesOf(before: Settings, after: Settings): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.map(name => ({ name, before: entryOf(before, name), after: entryOf(after, name) }))
}

const entryOf = (settings: Settings, name: string): Setting | undefined =>
  Object.hasOwn(settings, name) ? settings[name] : undefined

export const isChange = ({ before, after }: Change): boolean => !Object.is(before, after)

export type PairKind = 'added' | 'removed' | 'changed' | 'alike'

export function kindOf({ before, after, changes }: Pair): PairKind {
  if (!before) return 'added'
  if (!after) return 'removed'
  return changes.length > 0 ? 'changed' : 'alike'
}

export function graphDifference(before: readonly NodeRow[], after: readonly NodeRow[]): GraphDifference {
  const pairs = pairsOf(before, after).map(
    ([one, other]): Pair => ({
      ...(one && { before: one }),
      ...(other && { after: other }),
      changes: one && other ? changesOf(one.config, other.config).filter(isChange) : [],
    }),
  )
  const nameBefore = new Map(
    pairs.flatMap(({ before, after }) => (before && after ? [[after.id, before.id] as const] : [])),
  )
  // What was added must not be taken for a node of the first graph that has its name.
  const isAdded = new Set(pairs.flatMap(({ before, after }) => (after && !before ? [after.id] : [])))
  const keyOf = ({ from, output, to, input }: Edge, name: (id: string) => string) =>
    JSON.stringify([name(from), output, name(to), input])
  const inBefore = (edge: Edge) => keyOf(edge, id => `before ${id}`)
  const inAfter = (edge: Edge) =>
    keyOf(edge, id => (isAdded.has(id) ? `added ${id}` : `before ${nameBefore.get(id) ?? id}`))
  const [old, now] = [edgesOf(before), edgesOf(after)]
  const [oldKeys, nowKeys] = [new Set(old.map(inBefore)), new Set(now.map(inAfter))]
  return {
    pairs,
    added: now.filter(edge => !oldKeys.has(inAfter(edge))),
    removed: old.filter(edge => !nowKeys.has(inBefore(edge))),
  }
}

const edgesOf = (nodes: readonly NodeRow[]): Edge[] =>
  nodes.flatMap(({ id, inputs }) =>
    inputs.map(({ input, from, output }) => ({ from, output, to: id, input })),
  )

type Both = readonly [NodeRow | undefined, NodeRow | undefined]

/** The most comparisons of nodes; above it, names alone tell which correspond. */
const MOST = 4e6

/**
 * Which nodes correspond. Names are given by type and order, so that one more layer in front renames all that follow; they are therefore aligned like
 * the lines of two texts: nodes of one type correspond, rather those that are alike and have the same name.
 */
function pairsOf(before: readonly NodeRow[], after: readonly NodeRow[]): Both[] {
  const least = Math.min(before.length, after.length)
  const isSame = (a: NodeRow | undefined, b: NodeRow | undefined) =>
    a?.id === b?.id && a?.type === b?.type && isAlike(a, b)
  let start = 0
  while (start < least && isSame(before[start], after[start])) start++
  let end = 0
  while (end < least - start && isSame(before.at(-1 - end), after.at(-1 - end))) end++
  const head = before.slice(0, start).map((node, i): Both => [node, after[i]])
  const tail = before.slice(before.length - end).map((node, i): Both => [node, after[after.length - end + i]])
  const [one, other] = [before.slice(start, before.length - end), after.slice(start, after.length - end)]
  const middle = one.length * other.length > MOST ? byName(one, other) : aligned(one, other)
  return [...head, ...middle, ...tail]
}

function isAlike(a: NodeRow | undefined, b: NodeRow | undefined): boolean {
  return a !== undefined && b !== undefined && !changesOf(a.config, b.config).some(isChange)
}

/** What counts first, second and last: names that somebody gave, the number of pairs, and how alike they are. */
const [NAMED, PAIR] = [1e12, 1e6]

/** How well two nodes fit; 0 if they do not. */
function likeness(a: NodeRow, b: NodeRow): number {
  if (a.type !== b.type) return 0
  const isNamed = a.id === b.id && !/\d$/.test(a.id)
  return PAIR + (isNamed ? NAMED : 0) + (a.id === b.id ? 1 : 0) + (isAlike(a, b) ? 2 : 0)
}

/** The alignment with the greatest sum of fits (Needleman and Wunsch, 1970, with gaps that cost nothing). */
function aligned(before: readonly NodeRow[], after: readonly NodeRow[]): Both[] {
  const width = after.length + 1
  const best = new Float64Array((before.length + 1) * width)
  const at = (i: number, j: number) => best[i * width + j] as number
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const own = likeness(before[i] as NodeRow, after[j] as NodeRow)
      const both = own > 0 ? own + at(i + 1, j + 1) : 0
      best[i * width + j] = Math.max(both, at(i + 1, j), at(i, j + 1))
    }
  }
  const pairs: Both[] = []
  let [i, j] = [0, 0]
  while (i < before.length && j < after.length) {
    const [a, b] = [before[i] as NodeRow, after[j] as NodeRow]
    const own = likeness(a, b)
    if (own > 0 && at(i, j) === own + at(i + 1, j + 1)) {
      pairs.push([a, b])
      i++
      j++
    } else if (at(i, j) === at(i + 1, j)) pairs.push([before[i++], undefined])
    else pairs.push([undefined, after[j++]])
  }
  for (; i < before.length; i++) pairs.push([before[i], undefined])
  for (; j < after.length; j++) pairs.push([undefined, after[j]])
  return pairs
}

function byName(before: readonly NodeRow[], after: readonly NodeRow[]): Both[] {
  const byId = new Map(after.map(node => [node.id, node]))
  const pairs = before.map((node): Both => {
    const other = byId.get(node.id)
    return [node, other?.type === node.type ? other : undefined]
  })
  const paired = new Set(pairs.map(([, other]) => other))
  return [...pairs, ...after.filter(node => !paired.has(node)).map((node): Both => [undefined, node])]
}
