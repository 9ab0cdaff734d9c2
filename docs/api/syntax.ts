/** Reads a public name from the sources: its declaration and the comment above it. */
import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { parseSync } from 'vite'

/** A node of the syntax tree, with the fields used here. */
export interface Syntax {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly name?: string
  readonly id?: Syntax | null
  readonly key?: Syntax
  readonly kind?: string
  readonly source?: Syntax | null
  readonly value?: unknown
  readonly body?: Syntax | Syntax[] | null
  readonly declaration?: Syntax | null
  readonly declarations?: Syntax[]
  readonly specifiers?: (Syntax & {
    readonly exported: Syntax
    readonly local: Syntax
    readonly imported?: Syntax
  })[]
  readonly exported?: Syntax | null
  readonly init?: Syntax | null
  readonly callee?: Syntax
  readonly arguments?: Syntax[]
  readonly properties?: Syntax[]
  readonly params?: Syntax[]
  readonly returnType?: Syntax | null
  readonly typeAnnotation?: Syntax | null
  readonly left?: Syntax
  readonly extends?: Syntax[]
  readonly expression?: Syntax
  readonly accessibility?: string | null
  readonly computed?: boolean
  readonly optional?: boolean
}

interface Comment {
  readonly start: number
  readonly end: number
  readonly value: string
}

/** A JSDoc comment. */
export interface Doc {
  readonly text: string
  /** The text after each tag: `throws`, `example`, `default`, `param`, `returns`. */
  readonly tags: ReadonlyMap<string, readonly string[]>
}

export interface Declared {
  readonly name: string
  readonly file: string
  readonly source: string
  /** The declaration; several for a function with overloads. */
  readonly nodes: readonly Syntax[]
  readonly doc: Doc
}

interface Parsed {
  readonly source: string
  readonly body: readonly Syntax[]
  readonly comments: readonly Comment[]
}

const root = new URL('../../', import.meta.url)
const parsed = new Map<string, Parsed>()

export function parse(file: string): Parsed {
  const known = parsed.get(file)
  if (known) return known
  const source = readFileSync(new URL(file, root), 'utf8')
  const { program, comments } = parseSync(file, source) as unknown as {
    program: { body: Syntax[] }
    comments: Comment[]
  }
  const result = { source, body: program.body, comments }
  parsed.set(file, result)
  return result
}

const behind = (statement: Syntax, file: string) =>
  posix.join(posix.dirname(file), String(statement.source?.value))

/** The names that an entry point exports, in order, each with the file that declares it or passes it on. */
export function exportsOf(door: string): [name: string, file: string][] {
  return parse(door).body.flatMap((statement): [string, string][] => {
    const { type, source, exported, specifiers = [], declaration } = statement
    if (type === 'ExportAllDeclaration' && !exported) return exportsOf(behind(statement, door))
    if (source && type !== 'ImportDeclaration') {
      const names = exported ? [exported] : specifiers.map(specifier => specifier.exported)
      return names.map(({ name }) => [name as string, behind(statement, door)])
    }
    return namesIn(declaration).map(name => [name, door])
  })
}

/** The names that a statement declares. */
function namesIn(declaration: Syntax | null | undefined): string[] {
  if (!declaration) return []
  const ids = declaration.declarations?.map(({ id }) => id) ?? [declaration.id]
  return ids.flatMap(id => id?.name ?? [])
}

/** The declaration of a name that a file exports or re-exports. */
export function declared(name: string, file: string): Declared | undefined {
  const { body, source } = parse(file)
  const own = body.filter(
    ({ type, declaration }) => type === 'ExportNamedDeclaration' && isNamed(declaration, name),
  )
  const [first] = own
  if (first) {
    const nodes = own.map(({ declaration }) => declaration as Syntax)
    return { name, file, source, nodes, doc: docOf(file, first.start) }
  }
  for (const statement of body) {
    const next = passedOn(statement, name, file)
    if (next) return next
  }
  return undefined
}

const isNamed = (declaration: Syntax | null | undefined, name: string): boolean =>
  namesIn(declaration).includes(name)

function passedOn(statement: Syntax, name: string, file: string): Declared | undefined {
  if (statement.type === 'ExportAllDeclaration') {
    const from = behind(statement, file)
    if (!statement.exported) return declared(name, from)
    if (statement.exported.name !== name) return undefined
    return { name, file: from, source: parse(from).source, nodes: [statement], doc: docOf(from, undefined) }
  }
  if (statement.type !== 'ExportNamedDeclaration') return undefined
  const local = statement.specifiers?.find(({ exported }) => exported.name === name)?.local.name
  if (local === undefined) return undefined
  return statement.source ? declared(local, behind(statement, file)) : imported(local, file)
}

/** The declaration of a name that a file imports. */
export function imported(name: string, file: string): Declared | undefined {
  for (const statement of parse(file).body) {
    if (statement.type !== 'ImportDeclaration') continue
    const specifier = statement.specifiers?.find(({ local }) => local.name === name)
    if (specifier) return declared(specifier.imported?.name ?? name, behind(statement, file))
  }
  return undefined
}

/** The comment that ends right before a position; without one, the comment of the file. */
export function docOf(file: string, start: number | undefined): Doc {
  const { source, comments } = parse(file)
  const found = comments.find(
    ({ end, value }) =>
      value.startsWith('*') &&
      (start === undefined || (end <= start && source.slice(end, start).trim() === '')),
  )
  return docFrom(found?.value ?? '')
}

function docFrom(comment: string): Doc {
  const plain = comment
    .replace(/^\*/, '')
    .split('\n')
    .map(line => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim()
  const [text = '', ...parts] = plain.split(/(?:^|\s)@(?=(?:throws|example|default|param|returns)\b)/)
  const tags = new Map<string, string[]>()
  for (const part of parts) {
    const [, tag = '', content = ''] = /^(\w+)\s*([\s\S]*)$/.exec(part) ?? []
    tags.set(tag, [...(tags.get(tag) ?? []), content.trim()])
  }
  return { text: text.trim(), tags }
}

/** A piece of source on one line, without its comments. */
export const flat = (source: string) =>
  source
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/ .*$/gm, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/([([<]) /g, '$1')
    .replaceAll(/,? ([)\]])/g, '$1')
    .replaceAll(/, >/g, '>')
    .trim()
