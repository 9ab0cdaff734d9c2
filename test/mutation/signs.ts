/** The signs and constants in a source text, found by syntax, and the text with one of them flipped. */
import { parseAst } from 'vitest/node'
import { all, isNode, type SyntaxNode } from './syntax.ts'

const OPPOSITES: Readonly<Record<string, string>> = { '+': '-', '-': '+', '+=': '-=', '-=': '+=', '++': '--' }
const OTHER_ENDS: Readonly<Record<string, string>> = { 'Math.min': 'Math.max', 'Math.max': 'Math.min' }

/**
 * Source texts in which one sign is flipped: of each sum, each difference, and each constant; 0, which has none, becomes 1,
 * and the smallest of some numbers the largest. The header of a loop says how often the loop runs: it is left out, so that
 * no mutant runs forever.
 */
export function withFlippedSigns(source: string): string[] {
  const program = parseAst(source, { lang: 'ts' })
  const headers = all(program).flatMap(({ type, init, test, update }) =>
    /^(For|While|DoWhile)Statement$/.test(type) ? [init, test, update] : [],
  )
  const nodes = all(program, node => headers.includes(node) || node.type === 'TSLiteralType')
  // The sign of the constant in -1 is that of the whole.
  const signed = nodes.filter(isNegation).map(({ argument }) => argument)
  return nodes
    .filter(node => !signed.includes(node))
    .flatMap(node => {
      const { start, end } = node
      const flipped = flip(node, source.slice(start, end))
      return flipped === undefined ? [] : source.slice(0, start) + flipped + source.slice(end)
    })
}

const isNegation = ({ type, operator }: SyntaxNode) => type === 'UnaryExpression' && operator === '-'

/** The text of a node with its sign flipped; `undefined` where it has none. */
function flip(node: SyntaxNode, text: string): string | undefined {
  const { type, value, operator, left, start } = node
  if (type === 'Literal') return typeof value === 'number' ? (value === 0 ? '1' : `(-${text})`) : undefined
  if (type === 'MemberExpression') return OTHER_ENDS[text]
  if (isNegation(node)) return text.replace('-', '')
  const opposite = OPPOSITES[operator as string]
  if (opposite === undefined) return undefined
  // The operator stands behind the left operand, if there is one.
  const before = isNode(left) ? left.end - start : 0
  return text.slice(0, before) + text.slice(before).replace(operator as string, opposite)
}
