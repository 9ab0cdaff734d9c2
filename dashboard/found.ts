/** Finds nodes by their names, which begin with their scopes, and by their types. */
import type { NodeInfo } from '../client.ts'
import type { Optimizers } from './optimizers.ts'

type Searched = Readonly<Record<string, Pick<NodeInfo, 'type'>>>

/** The ids of the nodes whose name and type contain every word, in the order of the graph. */
export function found(text: string, nodes: Searched, optimizers: Optimizers): string[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return []
  return [...Object.entries(nodes), ...Object.entries(optimizers)]
    .filter(([id, { type }]) => {
      const said = `${id} ${type}`.toLowerCase()
      return words.every(word => said.includes(word))
    })
    .map(([id]) => id)
}
