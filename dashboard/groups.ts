/** Folds the nodes of a graph into scopes, which their names tell, and the rest of a large graph into groups. */
import type { NodeInfo } from '../client.ts'
import { blocksOf, type Feeds } from './order.ts'

/** With more nodes than this, a graph is shown folded. */
export const MOST = 60

/** The parts of a graph that determine its layout. */
export type Nodes = Readonly<Record<string, Pick<NodeInfo, 'inputs'>>>

/** A node, or what is folded into one: the nodes of a scope (`residual1/…`), or consecutive ones. */
export interface Unit {
  readonly id: string
  /** The name of a node or of a scope; the first and last node of a group. */
  readonly title: string
  readonly members: readonly string[]
  /** What it consists of; empty for a node. */
  readonly parts: readonly Unit[]
}

/** An item to draw: a node, or a scope or group that is closed. */
export interface Item extends Pick<Unit, 'id' | 'title' | 'members'> {
  /** The opened scopes and groups that it belongs to, outermost first. */
  readonly groups: readonly string[]
}

/** The prefixes of the ids. */
const [SCOPE, GROUP] = ['scope ', 'group ']

/** Whether it is the id of a scope. */
export const isScope = (id: string): boolean => id.startsWith(SCOPE)

/** The title of a scope or group by its id. */
export const titleOfGroup = (id: string): string =>
  isScope(id) ? id.slice(SCOPE.length) : (JSON.parse(id.slice(GROUP.length)) as string[]).join(' … ')

/** The name of a node in the scope that encloses it. */
export function nameWithin(id: string, groups: readonly string[]): string {
  const scope = groups.findLast(isScope)
  return scope === undefined ? id : id.slice(titleOfGroup(scope).length + 1)
}

/** A single node as an item. */
export const single = (id: string): Item => ({ id, title: id, members: [id], groups: [] })

/** The whole graph, folded as far as it can be. */
export function unitsOf(nodes: Nodes): Unit[] {
  const feeds: Feeds = new Map(Object.entries(nodes).map(([id, { inputs }]) => [id, inputs]))
  return few(scoped([...feeds.keys()], 0, feeds), feeds)
}

/** All nodes of a small graph, each alone; a large one is closed. */
export const usuallyOpened = (units: readonly Unit[]): ReadonlySet<string> =>
  new Set(countOf(units) > MOST ? [] : foldsOf(units))

const countOf = (units: readonly Unit[]) => units.reduce((sum, { members }) => sum + members.length, 0)

/** The ids of all scopes and groups. */
export const foldsOf = (units: readonly Unit[]): string[] =>
  units.flatMap(({ id, parts }) => (parts.length > 0 ? [id, ...foldsOf(parts)] : []))

/** The scopes and groups that a node is in, outermost first. */
export function pathTo(units: readonly Unit[], node: string): string[] {
  const unit = units.find(({ parts, members }) => parts.length > 0 && members.includes(node))
  return unit ? [unit.id, ...pathTo(unit.parts, node)] : []
}

/** What is drawn of the units when these are opened. */
export function itemsOf(
  units: readonly Unit[],
  opened: ReadonlySet<string>,
  groups: readonly string[] = [],
): Item[] {
  return units.flatMap(({ id, title, members, parts }) =>
    parts.length > 0 && opened.has(id)
      ? itemsOf(parts, opened, [...groups, id])
      : [{ id, title, members, groups }],
  )
}

const node = (id: string): Unit => ({ id, title: id, members: [id], parts: [] })

/** Gathers nodes by the next part of their names, which begins at this place. A node alone is no scope. */
function scoped(ids: readonly string[], from: number, feeds: Feeds): Unit[] {
  const byName = new Map<string, string[]>()
  for (const id of ids) {
    // Neither a scope nor a node in it is without a name.
    const end = id.indexOf('/', from + 1)
    const isNode = end < 0 || end === id.length - 1
    const name = isNode ? `node ${id}` : `${SCOPE}${id.slice(0, end)}`
    byName.set(name, [...(byName.get(name) ?? []), id])
  }
  return [...byName].flatMap(([id, members]): Unit[] => {
    // Nor is one with an id that is the name of a node.
    if (members.length === 1 || feeds.has(id)) return members.map(node)
    const title = titleOfGroup(id)
    return [{ id, title, members, parts: scoped(members, title.length + 1, feeds) }]
  })
}

/**
 * Few enough units to be readable: where they are too many, consecutive ones become groups, at every level. Groups are
 * stretches of an order in which nodes follow their inputs, so no edge leads back. They end where everything later
 * depends on a single node, such as the end of a residual block.
 */
function few(all: readonly Unit[], feeds: Feeds): Unit[] {
  const units = all.map(unit => ({ ...unit, parts: few(unit.parts, feeds) }))
  if (units.length <= MOST) return units
  const unitOf = new Map(units.flatMap(unit => unit.members.map(member => [member, unit.id] as const)))
  const inputsOf = ({ id, members }: Unit) => {
    const inputs = members.flatMap(member => feeds.get(member) ?? []).map(input => unitOf.get(input))
    return [...new Set(inputs)].filter(input => input !== undefined && input !== id) as string[]
  }
  const blocks = blocksOf(new Map(units.map(unit => [unit.id, inputsOf(unit)])))
  let size = Math.ceil(units.length / MOST)
  while (grouped(blocks, size).length > MOST) size++
  const byId = new Map(units.map(unit => [unit.id, unit]))
  return grouped(blocks, size).map((ids): Unit => {
    const parts = ids.map(id => byId.get(id) as Unit)
    if (parts.length === 1) return parts[0] as Unit
    let id = `${GROUP}${JSON.stringify([parts[0]?.title, parts.at(-1)?.title])}`
    // A node may be called that; spaces at its end have no meaning.
    while (feeds.has(id)) id += ' '
    return { id, title: titleOfGroup(id), members: parts.flatMap(({ members }) => members), parts }
  })
}

/** Joins consecutive blocks up to a size, and splits larger ones. */
function grouped(blocks: readonly (readonly string[])[], size: number): string[][] {
  const groups: string[][] = []
  for (const block of blocks) {
    const last = groups.at(-1)
    if (last && last.length + block.length <= size) last.push(...block)
    else if (block.length < 2 * size) groups.push([...block])
    else for (let i = 0; i < block.length; i += size) groups.push(block.slice(i, i + size))
  }
  return groups
}
