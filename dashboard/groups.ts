/** Which nodes of a graph are shown as one. */
import type { NodeInfo } from '../client.ts'

/** More nodes than this are shown in groups. */
export const MOST = 60

/** What of a graph its arrangement depends on. */
export type Nodes = Readonly<Record<string, Pick<NodeInfo, 'inputs'>>>

/** What is drawn as one: a node, or several that follow each other. */
export interface Item {
  readonly id: string
  /** What it is called: a node by its id, a group by its first and its last. */
  readonly title: string
  readonly members: readonly string[]
  /** The opened group that it is a member of. */
  readonly group?: string
}

/**
 * All nodes one by one where they are few. Else in groups, so many that the whole can be read, but for those that were
 * opened. Groups are stretches of an order in which nodes come after their inputs, so no edge leads back; they end
 * where all that goes on comes from one node, such as the end of a residual block.
 */
export function itemsOf(nodes: Nodes, opened: ReadonlySet<string>): Item[] {
  const ids = Object.keys(nodes)
  if (ids.length <= MOST) return ids.map(single)
  const blocks = blocksOf(nodes)
  let size = Math.ceil(ids.length / MOST)
  while (grouped(blocks, size).length > MOST) size++
  return grouped(blocks, size).flatMap((members): Item[] => {
    const [first = '', last = ''] = [members.at(0), members.at(-1)]
    if (members.length === 1) return [single(first)]
    const id = `${GROUP}${JSON.stringify([first, last])}`
    if (!opened.has(id)) return [{ id, title: titleOfGroup(id), members }]
    return members.map(member => ({ ...single(member), group: id }))
  })
}

/** What the ids of groups begin with. */
const GROUP = 'group '

/** What a group is called, by its id: after its first node and its last. */
export const titleOfGroup = (id: string): string =>
  (JSON.parse(id.slice(GROUP.length)) as string[]).join(' … ')

/** A node that is drawn as itself. */
export const single = (id: string): Item => ({ id, title: id, members: [id] })

/** Blocks that follow each other, joined up to a size; larger ones in parts. */
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

/** The nodes, each after its inputs, cut wherever all edges that lead on begin at one node. */
function blocksOf(nodes: Nodes): string[][] {
  const order = ordered(nodes)
  const placeOf = new Map(order.map((id, place) => [id, place]))
  /** How far the edges of each node lead. */
  const reach = order.map((_, place) => place)
  for (const [id, { inputs }] of Object.entries(nodes)) {
    for (const input of inputs) {
      const from = placeOf.get(input) as number
      reach[from] = Math.max(reach[from] as number, placeOf.get(id) as number)
    }
  }
  const blocks: string[][] = [[]]
  /** Those before here whose edges lead beyond. */
  let open: number[] = []
  order.forEach((id, place) => {
    blocks.at(-1)?.push(id)
    open = [...open.filter(other => (reach[other] as number) > place), place]
    if (open.length === 1) blocks.push([])
  })
  return blocks.filter(block => block.length > 0)
}

/** Each node after its inputs, and inputs no sooner than they are needed. */
function ordered(nodes: Nodes): string[] {
  const order = new Set<string>()
  for (const end of Object.keys(nodes)) {
    const stack = [end]
    while (stack.length > 0) {
      const id = stack.at(-1) as string
      const missing = order.has(id) ? [] : (nodes[id]?.inputs ?? []).filter(input => !order.has(input))
      if (missing.length > 0) stack.push(...missing.toReversed())
      else {
        order.add(id)
        stack.pop()
      }
    }
  }
  return [...order]
}
