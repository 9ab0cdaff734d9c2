/** Walking through the syntax of a source text. */

export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [part: string]: unknown
}

/** A node and all nodes within, in the order of the source; nodes to leave out are not entered. */
export function all(node: unknown, leaveOut: (node: SyntaxNode) => boolean = () => false): SyntaxNode[] {
  if (Array.isArray(node)) return node.flatMap(part => all(part, leaveOut))
  if (!isNode(node) || leaveOut(node)) return []
  return [node, ...Object.values(node).flatMap(part => all(part, leaveOut))]
}

export const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value

export const lineAt = (source: string, place: number): number => source.slice(0, place).split('\n').length
