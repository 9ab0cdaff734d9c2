/** Changes of a graph that are collected before they are trained: as few as say the same, and in words. */
import type { Command, GraphChange, NodeInfo } from '../../client.ts'
import { isSame } from '../controls/values.ts'
import { plain, words } from '../format.ts'

type Edit = Extract<Command, { type: 'edit' }>

export type Configs = Readonly<Record<string, { readonly config: Readonly<Record<string, unknown>> }>>

/** The changes with one more. What it makes superfluous is left out. `configs` are those of the graph as it is. */
export function withChange(
  changes: readonly GraphChange[],
  change: GraphChange,
  configs: Configs,
): readonly GraphChange[] {
  if ('set' in change) return withSet(changes, change, configs)
  if ('remove' in change) return withRemoval(changes, change.remove)
  return [...changes, change]
}

function withSet(
  changes: readonly GraphChange[],
  { set: node, config }: Extract<GraphChange, { set: string }>,
  configs: Configs,
): readonly GraphChange[] {
  const made = changes.findIndex(other => 'insert' in other && other.name === node)
  const inserted = changes[made]
  if (inserted && 'insert' in inserted)
    return changes.with(made, { ...inserted, config: { ...inserted.config, ...config } })
  // The last of several that set something counts, where nodes share their parameters.
  const last = changes.at(-1)
  const isAgain = last !== undefined && 'set' in last && last.set === node
  const all = { ...(isAgain ? last.config : {}), ...config }
  const before = isAgain ? changes.slice(0, -1) : changes
  const isFirst = !before.some(other => 'set' in other)
  const own = Object.entries(all).filter(
    ([name, value]) => !isFirst || !isSame(value, configs[node]?.config[name]),
  )
  return own.length === 0 ? before : [...before, { set: node, config: Object.fromEntries(own) }]
}

function withRemoval(changes: readonly GraphChange[], node: string): readonly GraphChange[] {
  // Its options stay in the list: another node may share them.
  const isNew = changes.some(other => 'insert' in other && other.name === node)
  const isBefore = changes.some(other => 'insert' in other && other.behind === node)
  if (isNew && !isBefore) return changes.filter(other => !('insert' in other && other.name === node))
  return [...changes, { remove: node }]
}

/** "dense4 behind relu1", "dense1 units 16 → 32", "without relu2". */
export function changeText(change: GraphChange, configs: Configs = {}): string {
  if ('remove' in change) return `without ${change.remove}`
  if ('insert' in change) return `${change.name ?? change.insert} behind ${change.behind}`
  const before = configs[change.set]?.config ?? {}
  const options = Object.entries(change.config).map(([name, value]) =>
    name in before
      ? `${words(name)} ${plain(before[name])} → ${plain(value)}`
      : `${words(name)} = ${plain(value)}`,
  )
  return `${change.set} ${options.join(', ')}`
}

const changesText = (changes: readonly GraphChange[], configs?: Configs): string =>
  changes.map(change => changeText(change, configs)).join('; ')

/** What a command does, for the log. */
export function editText({ changes = [], ...way }: Omit<Edit, 'type'>): string {
  const edited = `edited the graph: ${changesText(changes)}`
  const moved = movedText(way)
  if (moved === undefined) return edited
  return changes.length > 0 ? `${moved}, and ${edited}` : moved
}

function movedText({ back = 0, forward = 0 }: Pick<Edit, 'back' | 'forward'>): string | undefined {
  if (forward > 0)
    return forward === 1 ? 'made an edit of the graph again' : `made ${forward} edits of the graph again`
  if (back === 0) return undefined
  return back === 1 ? 'took back the last edit of the graph' : `took back the last ${back} edits of the graph`
}

type Nodes = Readonly<Record<string, Pick<NodeInfo, 'type' | 'config' | 'inputs'>>>

/** What leads from some nodes to others, for words about it. */
export function changesBetween(before: Nodes, after: Nodes): readonly GraphChange[] {
  const without = Object.keys(before).filter(id => !Object.hasOwn(after, id))
  const others = Object.entries(after).flatMap(([name, { type, config, inputs }]): GraphChange[] => {
    const known = Object.hasOwn(before, name) ? before[name] : undefined
    if (!known) return [{ insert: type, behind: inputs[0] ?? '', name }]
    const own = Object.entries(config).filter(([option, value]) => !isSame(value, known.config[option]))
    return own.length > 0 ? [{ set: name, config: Object.fromEntries(own) }] : []
  })
  return [...without.map(remove => ({ remove })), ...others]
}

/** A name for a new node, in the scope of the one that it stands behind. */
export function nameFor(type: string, behind: string, taken: ReadonlySet<string>): string {
  const stem = behind.slice(0, behind.lastIndexOf('/') + 1) + type
  let count = 1
  while (taken.has(`${stem}${count}`)) count++
  return `${stem}${count}`
}

/** The node at the beginning of the place of an error. */
export function nodeAt(place: string, ids: readonly string[]): string | undefined {
  const [node] = ids
    .filter(id => place === id || place.startsWith(`${id},`) || place.startsWith(`${id}:`))
    .sort((a, b) => b.length - a.length)
  return node
}
