/** The order of a graph: each node after its inputs, and the places where all that follows depends on one node. */

/** The nodes that feed each node. */
export type Feeds = ReadonlyMap<string, readonly string[]>

/** Each node after its inputs, and inputs as late as possible. In a cycle, the node that is reached first comes last. */
export function ordered(feeds: Feeds): string[] {
  const order = new Set<string>()
  const entered = new Set<string>()
  for (const end of feeds.keys()) {
    const stack = [end]
    while (stack.length > 0) {
      const id = stack.at(-1) as string
      const missing = entered.has(id) ? [] : (feeds.get(id) ?? []).filter(input => !entered.has(input))
      entered.add(id)
      stack.push(...missing.toReversed())
      if (missing.length > 0) continue
      order.add(id)
      stack.pop()
    }
  }
  return [...order]
}

/** The nodes in this order, cut wherever all edges that lead further begin at one node, the last of its block. */
export function blocksOf(feeds: Feeds): string[][] {
  const order = ordered(feeds)
  const placeOf = new Map(order.map((id, place) => [id, place]))
  /** The last place that the edges of each node reach. */
  const reach = order.map((_, place) => place)
  for (const [id, inputs] of feeds) {
    for (const input of inputs) {
      const ends = [placeOf.get(input) as number, placeOf.get(id) as number]
      const from = Math.min(...ends)
      reach[from] = Math.max(reach[from] as number, ...ends)
    }
  }
  const blocks: string[][] = [[]]
  /** Earlier nodes whose edges lead beyond this place. */
  let open: number[] = []
  order.forEach((id, place) => {
    blocks.at(-1)?.push(id)
    open = [...open.filter(other => (reach[other] as number) > place), place]
    if (open.length === 1) blocks.push([])
  })
  return blocks.filter(block => block.length > 0)
}
