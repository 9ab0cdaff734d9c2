/** Reads options from the sources: the members of an interface, with their types and defaults. */
import type { Limits } from '../../core/checks.ts'
import { type Declared, type Doc, declared, docOf, imported, type Syntax } from './syntax.ts'

/** Limits by option. */
export type ByOption = Readonly<Record<string, Limits>>

export interface Option {
  readonly name: string
  readonly type: string
  /** Its default in Markdown, or `required`. */
  readonly value: string
  readonly text: string
}

export const cut = ({ source }: Pick<Declared, 'source'>, { start, end }: { start: number; end: number }) =>
  source.slice(start, end)

export const typeOf = (found: Declared, param: Syntax): string => {
  const typed = param.left ?? param
  return typed.typeAnnotation ? cut(found, typed.typeAnnotation).replace(/^:\s*/, '') : ''
}

/** Finds an interface by name, in a file or in the file it is imported from. */
export function interfaceOf(name: string, file: string): { found: Declared; node: Syntax } | undefined {
  const found = declared(name, file) ?? imported(name, file)
  const node = found?.nodes[0]
  return found && node?.type === 'TSInterfaceDeclaration' ? { found, node } : undefined
}

export const membersOf = (node: Syntax) => ((node.body as Syntax).body ?? []) as readonly Syntax[]
export const memberName = (found: Declared, { key }: Syntax) => (key ? cut(found, key) : '')

/** The options of an interface and of those it extends. */
export function optionsIn(found: Declared, node: Syntax): Option[] {
  const own = membersOf(node).map(member => {
    const doc = docOf(found.file, member.start)
    return {
      name: memberName(found, member),
      type: typeOf(found, member),
      value: member.optional === true ? defaultOf(doc) : 'required',
      text: doc.text,
    }
  })
  const inherited = (node.extends ?? []).flatMap(({ expression }) => {
    const parent = interfaceOf(expression?.name ?? '', found.file)
    return parent ? optionsIn(parent.found, parent.node) : []
  })
  return [...own, ...inherited]
}

/** The default of an option, from its tag or its sentence. */
export function defaultOf({ text, tags }: Doc): string {
  const [tag] = tags.get('default') ?? []
  if (tag !== undefined) return /[` ]/.test(tag) ? tag : `\`${tag}\``
  if (/\brequired\b|no default/i.test(text)) return 'required'
  const plain = text.replaceAll(/\s+/g, ' ')
  const word = String.raw`(?:\`[^\`]*\`|\d[.,]\d|[^.;:,\`])`
  const found = [
    /(`[^`]+`) \(the default\)/,
    new RegExp(`(?:^|[.;:,] )(${word}+?)(?:, [^.;:,]+,)? by default`, 'i'),
    new RegExp(`by default,? ((?:${word}|,)+)`, 'i'),
  ].map(pattern => pattern.exec(plain)?.[1]?.trim())
  const value = found.find(part => part !== undefined && part !== '' && part.length < 120) ?? ''
  const lower = /^[A-Z][a-z ]/.test(value) ? value.charAt(0).toLowerCase() + value.slice(1) : value
  return /^(-?[\d.,]+|true|false)$/.test(lower) ? `\`${lower}\`` : lower
}
