/** Which file imports which, and the circles among them. */
import { posix } from 'node:path'
import { parseSync } from 'vite'
import { sides } from './doors.ts'

/** The files that each file imports; all by their paths from the root. */
export type Graph = ReadonlyMap<string, readonly string[]>

export const UNREADABLE = '(a name that is computed)'

/** The public doors, by the names that users import them by. */
export const doors: ReadonlyMap<string, string> = new Map([
  ['gradstream', 'index.ts'],
  ['gradstream/client', 'client.ts'],
  ['gradstream/testing', 'testing.ts'],
  ['gradstream/terminal', 'terminal.ts'],
])

interface SyntaxNode {
  readonly type: string
  readonly importKind?: 'type' | 'value'
  readonly exportKind?: 'type' | 'value'
  readonly value?: unknown
  readonly source?: SyntaxNode | null
  readonly expression?: SyntaxNode
  readonly callee?: SyntaxNode & { readonly name?: string }
  readonly arguments?: readonly SyntaxNode[]
}

interface Imports {
  readonly all: string[]
  readonly values: string[]
}

/** Of each file that was read, by its path and text: laws ask for the same ones again and again. */
const known = new Map<string, Imports>()

/** The names that a source file imports: statically, dynamically, and unless `values` alone are asked for, for types. */
export function importsOf(file: string, source: string, kind: 'all' | 'values' = 'all'): string[] {
  const key = `${file}\n${source}`
  const imports = known.get(key) ?? readImports(file, source)
  known.set(key, imports)
  return imports[kind]
}

function readImports(file: string, source: string): Imports {
  const { program, errors } = parseSync(file, isAssembly(file) ? asTypeScript(source) : source)
  if (errors[0]) throw new Error(`${file} cannot be read: ${errors[0].message}`)
  const imports: Imports = { all: [], values: [] }
  visit(program as unknown as SyntaxNode, node => {
    const found = importedBy(node)
    if (!found) return
    const name = typeof found.value === 'string' ? found.value : UNREADABLE
    imports.all.push(name)
    if (!isForTypes(node)) imports.values.push(name)
  })
  return imports
}

function importedBy(node: SyntaxNode): SyntaxNode | null | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node.source
    case 'TSExternalModuleReference':
      return node.expression
    case 'CallExpression':
      return node.callee?.name === 'require' ? node.arguments?.[0] : undefined
    default:
      return undefined
  }
}

const isForTypes = ({ type, importKind, exportKind }: SyntaxNode) =>
  type === 'TSImportType' || importKind === 'type' || exportKind === 'type'

function visit(value: unknown, found: (node: SyntaxNode) => void): void {
  if (typeof value !== 'object' || value === null) return
  if ('type' in value && typeof value.type === 'string') found(value as SyntaxNode)
  for (const inner of Object.values(value)) visit(inner, found)
}

const isAssembly = (file: string) => file.startsWith('kernels/wasm/assembly/')

/** AssemblyScript, but for the decorators that it allows on functions. */
const asTypeScript = (source: string) => source.replaceAll(/@(inline|unmanaged)\b/g, '')

export const isRelative = (name: string) => /^\.\.?\//.test(name)

/** Where a relative name leads from a file. */
export const targetOf = (name: string, file: string) => posix.join(posix.dirname(file), name)

/** The files behind a name such as `#host`: that for Node, and that for browsers. */
export const sidesOf = (name: string): readonly string[] => Object.values(sides.get(name) ?? {})

/** From files by their paths, with their text. Packages are left out; a door is the file behind it. */
export function graphOf(files: ReadonlyMap<string, string>): Graph {
  // AssemblyScript does without endings.
  const found = (target: string) => (files.has(`${target}.ts`) ? `${target}.ts` : target)
  const into = (file: string) => (name: string) =>
    isRelative(name) ? found(targetOf(name, file)) : (doors.get(name) ?? sidesOf(name))
  return new Map([...files].map(([file, source]) => [file, importsOf(file, source).flatMap(into(file))]))
}

/**
 * The circles, as `a.ts -> b.ts -> a.ts`. Each has one file that is the first of the alphabet; of several circles with the
 * same first file, the shortest is told.
 */
export function circlesIn(graph: Graph): string[] {
  return [...graph.keys()].sort().flatMap(first => circleFrom(first, graph) ?? [])
}

/** Breadth first, over files that are later in the alphabet. */
function circleFrom(first: string, graph: Graph): string | undefined {
  const ways = new Map([[first, first]])
  for (const [file, way] of ways) {
    for (const next of graph.get(file) ?? []) {
      if (next === first) return `${way} -> ${first}`
      if (next > first && !ways.has(next)) ways.set(next, `${way} -> ${next}`)
    }
  }
  return undefined
}
