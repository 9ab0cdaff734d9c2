/** The terms of a backward pass, found by syntax, and the source text with the sign of one of them flipped. */
import { parseAst } from 'vitest/node'
import { all, isNode, lineAt, type SyntaxNode } from './syntax.ts'

export interface Term {
  readonly line: number
  readonly text: string
  /** The source text in which the sign of this term is flipped. */
  readonly mutant: string
}

/** The method of a definition that computes gradients or uses them, and where its context stands. */
const METHODS: Readonly<Record<string, { name: string; context: number }>> = {
  defineNode: { name: 'backward', context: 3 },
  defineLoss: { name: 'backward', context: 3 },
  defineMeanLoss: { name: 'slope', context: 2 },
  defineOptimizer: { name: 'update', context: 2 },
}

/**
 * The arguments that a kernel adds up or chooses from: terms themselves, even if they are not kernel calls. A
 * condition is no term.
 */
const OPERANDS: Readonly<Record<string, readonly number[]>> = {
  add: [0, 1],
  sub: [0, 1],
  addScaled: [0, 1],
  addScalar: [0, 1],
  oneMinus: [0],
  wherePositive: [1, 2],
  sgdMomentum: [0, 1, 2],
}
/** Kernels that give several tensors: their operands are the terms. */
const OF_SEVERAL: ReadonlySet<string> = new Set(['sgdMomentum'])

/** The terms of a file, by their places: none where the file defines no node. */
export function termsOf(source: string): Term[] {
  const program = parseAst(source, { lang: 'ts' }) as unknown as SyntaxNode
  return all(program).flatMap(node => {
    const method = node.type === 'CallExpression' && METHODS[nameOf(node.callee)]
    if (!method) return []
    const definition = nodesIn(node.arguments)[0]
    const body = propertiesOf(definition).find(({ key }) => nameOf(key) === method.name)?.value
    // Where it is not written, it is derived; one that takes nothing gives nothing.
    if (!isNode(body) || nodesIn(body.params).length === 0) return []
    return termsOfMethod(source, body, method.context)
  })
}

function termsOfMethod(source: string, method: SyntaxNode, context: number): Term[] {
  const { kernels, declare } = kernelsOf(source, method, context)
  const calls = all(method.body).filter(node => kernelName(node, kernels) !== '')
  const operands = calls.flatMap(call => {
    const given = nodesIn(call.arguments)
    return (OPERANDS[kernelName(call, kernels)] ?? []).flatMap(place => given[place] ?? [])
  })
  const direct = returnedBy(method)
    .flatMap(propertiesOf)
    .filter(({ value }) => !all(value).some(node => calls.includes(node)))
  const shorthand = new Set(direct.filter(property => property.shorthand).map(({ value }) => value))
  const conditions = conditionsIn(method, calls, kernels)
  const terms = calls.filter(call => !OF_SEVERAL.has(kernelName(call, kernels)) && !conditions.has(call))
  const places = new Set([...terms, ...operands, ...direct.map(({ value }) => value as SyntaxNode)])

  // A scalar may be a term as well, and what a config or `needs` leaves out is undefined or false and stays so.
  const flip = `(t => typeof t === 'number' ? -t : t && ${kernels}.scale(t, -1))`
  return [...places]
    .filter(place => !isZero(place) && nameOf(place) !== 'undefined')
    .sort((a, b) => a.start - b.start || b.end - a.end)
    .map(place => {
      const text = source.slice(place.start, place.end)
      const flipped = `${shorthand.has(place) ? `${text}: ` : ''}${flip}(${text})`
      const mutant = declare(source.slice(0, place.start) + flipped + source.slice(place.end))
      return { line: lineAt(source, place.start), text, mutant }
    })
}

/**
 * The calls that say where something holds, with a number that is not 0 of either sign: conditions of `where`, written there or under a
 * name, and the factors of those that are products.
 */
function conditionsIn(
  method: SyntaxNode,
  calls: readonly SyntaxNode[],
  kernels: string,
): ReadonlySet<SyntaxNode> {
  const given = calls
    .filter(call => kernelName(call, kernels) === 'where')
    .flatMap(call => nodesIn(call.arguments)[0] ?? [])
  const named = new Set(given.map(nameOf))
  const declared = all(method.body).flatMap(({ type, id, init }) =>
    type === 'VariableDeclarator' && named.has(nameOf(id)) && isNode(init) ? [init] : [],
  )
  const conditions = new Set<SyntaxNode>()
  const open = [...given, ...declared].filter(node => calls.includes(node))
  for (let call = open.pop(); call; call = open.pop()) {
    conditions.add(call)
    if (kernelName(call, kernels) === 'mul')
      open.push(...nodesIn(call.arguments).filter(node => calls.includes(node)))
  }
  return conditions
}

/** 0 has no sign. */
const isZero = ({ type, value }: SyntaxNode) => type === 'Literal' && value === 0

/** The name of the kernels in a method; one that does not take them gets them by further parameters. */
function kernelsOf(source: string, method: SyntaxNode, context: number) {
  const parameters = nodesIn(method.params)
  const given = propertiesOf(parameters[context]).find(({ key }) => nameOf(key) === 'kernels')
  if (given) return { kernels: nameOf(given.value), declare: (mutant: string) => mutant }
  const last = parameters.at(-1)
  if (!last || parameters.length > context) {
    throw new Error(`line ${lineAt(source, method.start)}: its kernels are not taken by destructuring`)
  }
  const between = Array.from({ length: context - parameters.length }, (_, i) => `, _${i}`).join('')
  const further = `${between}, { kernels: flipping }`
  // Parameters stand before every term, so that the places of the terms do not matter here.
  return {
    kernels: 'flipping',
    declare: (mutant: string) => mutant.slice(0, last.end) + further + mutant.slice(last.end),
  }
}

/** The expressions that a method returns, not those of the functions within. */
function returnedBy({ body }: SyntaxNode): SyntaxNode[] {
  if (isNode(body) && body.type !== 'BlockStatement') return [body]
  const isInner = ({ type }: SyntaxNode) => /Function/.test(type)
  return all(body, isInner).flatMap(({ type, argument }) =>
    type === 'ReturnStatement' && isNode(argument) ? [argument] : [],
  )
}

/** The name of the kernel that a node calls; '' if it calls none. */
function kernelName(node: SyntaxNode, kernels: string): string {
  const { type, callee } = node
  if (type !== 'CallExpression' || !isNode(callee) || callee.type !== 'MemberExpression') return ''
  return nameOf(callee.object) === kernels ? nameOf(callee.property) : ''
}

const nodesIn = (list: unknown): SyntaxNode[] => (Array.isArray(list) ? list.filter(isNode) : [])

const propertiesOf = (node: SyntaxNode | undefined) =>
  nodesIn(node?.properties).filter(({ type }) => type === 'Property')

const nameOf = (node: unknown): string =>
  isNode(node) && node.type === 'Identifier' ? (node.name as string) : ''
