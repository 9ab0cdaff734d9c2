/** Groups the nodes of a large graph. */
import type { NodeInfo } from '../client.ts'

/** Graphs with more nodes than this are shown in groups. */
export const MOST = 60

/** The parts of a graph that determine its layout. */
export type Nodes = Readonly<Record<string, Pick<NodeInfo, 'inputs'>>>

/** An item to draw: a node, or a group of consecutive nodes. */
export interface Item {
  readonly id: string
  /** Its title: the id of a node, or the first and last node of a group. */
  readonly title: string
  readonly members: readonly string[]
  /** The opened group that it belongs to. */
  readonly group?: string
}

/**
 * All nodes individually if they are few, otherwise in groups, few enough to be readable, except for opened
 * ones. Groups are stretches of an order in which nodes follow their inputs, so no edge leads back. They end
 * where everything later depends on a single node, such as the end of a residual block.
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

/** The prefix of group ids. */
const GROUP = 'group '

/** The title of a group by its id: its first and last node. */
export const titleOfGroup = (id: string): string =>
  (JSON.parse(id.slice(GROUP.length)) as string[]).join(' … ')

/** A single node as an item. */
export const single = (id: string): Item => ({ id, title: id, members: [id] })

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

/** The nodes, each after its inputs, cut wherever all outgoing edges begin at one node. */
function blocksOf(nodes: Nodes): string[][] {
  const order = ordered(nodes)
  const placeOf = new Map(order.map((id, place) => [id, place]))
  /** The last index that the edges of each node reach. */
  const reach = order.map((_, place) => place)
  for (const [id, { inputs }] of Object.entries(nodes)) {
    for (const input of inputs) {
      const from = placeOf.get(input) as number
      reach[from] = Math.max(reach[from] as number, placeOf.get(id) as number)
    }
  }
  const blocks: string[][] = [[]]
  /** Earlier nodes whose edges lead beyond this point. */
  let open: number[] = []
  order.forEach((id, place) => {
    blocks.at(-1)?.push(id)
    open = [...open.filter(other => (reach[other] as number) > place), place]
    if (open.length === 1) blocks.push([])
  })
  return blocks.filter(block => block.length > 0)
}

/** Each node after its inputs, and inputs as late as possible. */
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
