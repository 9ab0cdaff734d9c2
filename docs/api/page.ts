/** `docs/api.md`: everything that the entry points export, from the sources, their comments and their checks. */
import { isUpdating } from '../../core/index.ts'
import { catalogue } from '../../nodes/index.ts'
import { limitsOfAll, showLimits } from './limits.ts'
import { optionsOfMetric } from './metrics-part.ts'
import { type ByOption, cut, interfaceOf, memberName, membersOf, optionsIn, typeOf } from './options.ts'
import { type Declared, type Doc, declared, docOf, exportsOf, flat, parse, type Syntax } from './syntax.ts'

const DOORS = [
  ['gradstream', 'index.ts'],
  ['gradstream/client', 'client.ts'],
  ['gradstream/testing', 'testing.ts'],
  ['gradstream/terminal', 'terminal.ts'],
] as const

/** A public name and its entry on the page. */
interface Entry {
  readonly name: string
  readonly group: 'Functions' | 'Nodes' | 'Classes' | 'Types'
  readonly text: string
}

const INTRODUCTION = `# API

Every public name, from the sources: types and comments as an editor shows them, limits as the checks hold numbers to them. The
[guide](guide.md) says how it all fits together, the [errors](errors.md) what each code means.`

/** The function that shows the options of an interface, by the name of the interface. */
const owners = new Map<string, string>()

/** The node functions by name, with their definitions. */
const nodes = new Map(catalogue.map(({ definition }) => [definition.type, definition]))

export async function apiPage(): Promise<string> {
  const limits = await limitsOfAll()
  const shown = new Set<string>()
  const doors = DOORS.map(([door, file]) => {
    const names = exportsOf(file)
    const fresh = names.filter(([name]) => !shown.has(name))
    const again = names.filter(([name]) => shown.has(name)).map(([name]) => name)
    for (const [name] of names) shown.add(name)
    const functions = fresh.filter(([name]) => !name.endsWith('Options'))
    const options = fresh.filter(([name]) => name.endsWith('Options'))
    // Functions come first, because they show their options, which are then not repeated.
    const entries = [...functions, ...options].map(([name, from]) => entryOf(name, from, limits))
    return { door, size: names.length, entries, again }
  })
  const contents = doors.map(({ door, size }) => `- [\`${door}\`](#${anchor(door)}): ${size} names`)
  const parts = doors.map(({ door, entries, again }) => {
    const groups = (['Functions', 'Nodes', 'Classes', 'Types'] as const).map(group => {
      const own = entries.filter(entry => entry.group === group).sort((a, b) => compareNames(a.name, b.name))
      return own.length > 0 && sections([list(group, own), ...own.map(({ text }) => text)])
    })
    const repeated =
      again.length > 0 && `The same as in \`gradstream\`: ${again.sort(compareNames).map(link).join(', ')}.`
    return sections([`## ${door}`, ...groups, repeated])
  })
  return `${sections([INTRODUCTION, contents.join('\n'), ...parts])}\n`
}

const compareNames = (a: string, b: string) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)
const sections = (parts: readonly (string | false | undefined)[]) =>
  parts.filter(part => part !== undefined && part !== false && part !== '').join('\n\n')
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
const link = (name: string) => `[\`${name}\`](#${anchor(name)})`
const list = (group: string, entries: readonly Entry[]) =>
  `**${group}**: ${entries.map(({ name }) => link(name)).join(' · ')}`

function entryOf(name: string, from: string, limits: ReadonlyMap<string, ByOption>): Entry {
  const found = declared(name, from)
  const [node] = found?.nodes ?? []
  if (!found || !node) throw new Error(`${from} does not declare ${name}`)
  const own = limits.get(name) ?? {}
  const entry = (group: Entry['group'], ...parts: (string | false | undefined)[]): Entry => ({
    name,
    group,
    text: sections([`### \`${name}\``, ...parts]),
  })
  switch (node.type) {
    case 'TSDeclareFunction':
    case 'FunctionDeclaration':
      return entry('Functions', ...functionParts(found, own))
    case 'ExportAllDeclaration':
      return entry('Functions', found.doc.text, membersIn(name, found.file))
    case 'VariableDeclaration': {
      const init = initOf(found)
      const isFactory = nodes.has(name) || init?.callee?.type === 'MemberExpression'
      return entry(isFactory ? 'Nodes' : 'Functions', ...factoryParts(found, init as Syntax, own))
    }
    case 'ClassDeclaration':
      return entry('Classes', ...classParts(found, node, limits))
    case 'TSInterfaceDeclaration':
      return entry('Types', ...interfaceParts(found, node, ownerLimits(name, limits)))
    default:
      return entry('Types', code(cut(found, node).replace(/^type /, 'type ')), prose(found.doc))
  }
}

const code = (text: string) => `\`\`\`ts\n${text.trim()}\n\`\`\``
const initOf = ({ name, nodes: [node] }: Declared) => {
  const init = node?.declarations?.find(({ id }) => id?.name === name)?.init ?? undefined
  return init && withoutType(init)
}

/** What is typed by hand, `defineNode({ ... }) as Factory`, without its type. */
const withoutType = (node: Syntax): Syntax =>
  node.type === 'TSAsExpression' ? withoutType(node.expression as Syntax) : node

/** The text of a comment without its tags, in Markdown. */
const prose = ({ text }: Doc) => text

/** The tags of a comment: parameters, errors, an example. */
function details({ tags }: Doc, usual?: string): string {
  const throws = tags.get('throws') ?? (usual === undefined ? [] : [usual])
  const parameters = (tags.get('param') ?? []).map(text => {
    const [, name, rest] = /^(\w+)\s+([\s\S]*)$/.exec(text) ?? [undefined, '', text]
    return `- \`${name}\`: ${rest}`
  })
  return sections([
    parameters.join('\n'),
    ...(tags.get('returns') ?? []).map(text => `Returns ${text}`),
    ...throws.map(text => `Throws ${errorsIn(text)}`),
    ...(tags.get('example') ?? []).map(text => code(undented(text))),
  ])
}

/** The thrown errors, in one sentence. */
function errorsIn(text: string): string {
  const errors = text
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/^GradstreamError (?=`|\()/, '')
    .replace(/\.$/, '')
  return `${withCodes(errors.replace(/^GradstreamError\b/, '`GradstreamError`'))}.`
}

/** Turns codes into links to the page of errors. */
const withCodes = (text: string) =>
  text.replaceAll(
    /`([A-Z]+(?:_[A-Z]+)*)`/g,
    (_, name: string) => `[\`${name}\`](errors.md#${name.toLowerCase()})`,
  )

function undented(text: string): string {
  const depth = Math.min(
    ...text
      .split('\n')
      .slice(1)
      .filter(Boolean)
      .map(line => line.search(/\S/)),
    2,
  )
  return text.replaceAll(new RegExp(`^ {0,${Math.max(depth, 0)}}`, 'gm'), '')
}

/** A function declaration without its body. */
function signature({ source }: Pick<Declared, 'source'>, node: Syntax): string {
  const body = node.body as Syntax | null | undefined
  return source
    .slice(node.start, body?.start ?? node.end)
    .replace(/;$/, '')
    .trim()
}

function functionParts(found: Declared, limits: ByOption): string[] {
  const overloads = found.nodes.filter(({ type }) => type === 'TSDeclareFunction')
  const shown = overloads.length > 0 ? overloads : found.nodes
  const docs = shown.map(node => docOf(found.file, statementStart(found, node)))
  return [
    code(shown.map(node => signature(found, node)).join('\n')),
    ...docs.map(prose),
    ...docs.map(doc => details(doc)),
    ...optionsOf(
      found,
      shown.flatMap(({ params = [] }) => params),
      limits,
    ),
  ]
}

/** The position of the `export` before a declaration. */
const statementStart = ({ file }: Declared, node: Syntax) =>
  parse(file).body.find(({ declaration }) => declaration === node)?.start ?? node.start

/** A table for each options interface among the parameters. */
function optionsOf(found: Declared, params: readonly Syntax[], limits: ByOption): string[] {
  const types = params.map(param => typeOf(found, param)).join(' ')
  const names = new Set([...types.matchAll(/\b\w+Options\b/g)].map(([name]) => name))
  return [...names].flatMap(name => {
    const options = interfaceOf(name, found.file)
    if (!options) return []
    if (!owners.has(name)) owners.set(name, found.name)
    return [optionsTable(options.found, options.node, limits)]
  })
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')
const typed = (text: string) => (text === '' ? '' : `\`${cell(flat(text))}\``)

function optionsTable(found: Declared, node: Syntax, limits: ByOption): string {
  return [
    '| option | type | default | limits | |',
    '|---|---|---|---|---|',
    ...optionsIn(found, node).map(({ name, type, value, text }) => {
      const cells = [value, showLimits(limits[name]), text]
      return `| \`${name}\` | ${typed(type)} | ${cells.map(cell).join(' | ')} |`
    }),
  ].join('\n')
}

function factoryParts(found: Declared, init: Syntax, limits: ByOption): string[] {
  const definition = nodes.get(found.name)
  const [written] = init.arguments ?? []
  const isCall = init.callee?.name?.startsWith('define') === true
  const own = init.callee ? written : init
  if (!definition || !isCall) {
    const shown = own ?? init
    const options = optionsOf(found, shown.params ?? [], limits)
    return [arrowSignature(found, shown), prose(found.doc), details(found.doc), ...options]
  }
  const config = written?.properties?.find(({ key }) => key?.name === 'config')?.value as Syntax | undefined
  const [param] = config?.params ?? []
  const common = isUpdating(definition) ? 'OptimizerOptions' : 'NodeOptions'
  const options = param ? `${typeOf(found, param)} & ${common}` : common
  const optional = param?.left || !param ? '?' : ''
  const result = {
    loss: "Port<'loss'>",
    optimizer: "Port<'update'>",
    weights: "Port<'update'>",
    node: 'Port',
    input: 'Port',
  }[definition.role]
  const more = 'variadic' in definition && definition.variadic ? ', ...more: Port[]' : ''
  const optionals = 'optional' in definition ? definition.optional.map(input => `${input}?: Port`) : []
  const inputs = [...definition.inputs.map(input => `${input}: Port`), ...optionals].join(', ')
  return [
    code(`${found.name}(options${optional}: ${options}): (${inputs}${more}) => ${result}`),
    prose(found.doc),
    details(found.doc, param ? '`INVALID_CONFIG`' : undefined),
    ...optionsOf(found, param ? [param] : [], limits),
    `Besides: ${link(common)}.`,
  ]
}

/** The signature of a function stored in a constant. */
function arrowSignature(found: Declared, { params = [], returnType }: Syntax): string {
  const shown = params.map(param => flat(cut(found, param)).replace(/ = \{\}$/, '')).join(', ')
  return code(`${found.name}(${shown})${returnType ? flat(cut(found, returnType)) : ''}`)
}

/** What is offered under one name, one per row: its comment, or what a check expects, and its options. */
function membersIn(of: string, file: string): string {
  const names = parse(file).body.flatMap(({ specifiers = [] }) =>
    specifiers.map(({ exported }) => exported.name as string),
  )
  const rows = names.map(name => {
    const found = declared(name, file)
    const init = found && initOf(found)
    const expected = init && /(?:number\(|check\(\s*option,\s*)'([^']+)'/.exec(cut(found, init))?.[1]
    const options = found && interfaceOf(`${name.charAt(0).toUpperCase()}${name.slice(1)}Options`, found.file)
    const list = options ? optionsIn(options.found, options.node) : []
    const shown =
      of === 'metric'
        ? optionsOfMetric(name)
        : list.map(({ name, value }) => `\`${name}\`${value === 'required' ? '' : `: ${value}`}`).join(', ')
    return `| \`${of}.${name}\` | ${cell(found?.doc.text || expected || '')} | ${shown} |`
  })
  return ['| | | options |', '|---|---|---|', ...rows].join('\n')
}

/** The limits of the function that takes these options. */
const ownerLimits = (name: string, limits: ReadonlyMap<string, ByOption>): ByOption => {
  return limits.get(name === 'EpochOptions' ? 'epoch' : '') ?? {}
}

const isPublic = ({ accessibility, computed }: Syntax) => !computed && !accessibility

function classParts(found: Declared, node: Syntax, limits: ReadonlyMap<string, ByOption>): string[] {
  const members = membersOf(node).filter(isPublic)
  const isAccessor = ({ kind }: Syntax) => kind === 'get'
  const properties = members.filter(member => member.type === 'PropertyDefinition' || isAccessor(member))
  const methods = members.filter(
    member =>
      member.type === 'MethodDefinition' && member.kind === 'method' && !isHidden(members, member, found),
  )
  return [
    prose(found.doc),
    details(found.doc),
    propertiesTable(found, properties),
    ...methods.map(method => methodPart(found, method, limits)),
  ]
}

/** The implementation signature behind overloads is not public. */
function isHidden(members: readonly Syntax[], method: Syntax, found: Declared): boolean {
  const name = memberName(found, method)
  const isOverload = (member: Syntax) =>
    (member.value as Syntax | null)?.type === 'TSEmptyBodyFunctionExpression'
  return !isOverload(method) && members.some(other => isOverload(other) && memberName(found, other) === name)
}

function methodPart(found: Declared, method: Syntax, limits: ReadonlyMap<string, ByOption>): string {
  const { body, params = [] } = method.value as Syntax
  const text = found.source.slice(method.start, (body as Syntax | null)?.start ?? method.end)
  const doc = docOf(found.file, method.start)
  const owner = found.name === 'Dataset' ? 'data' : 'model'
  const own = limits.get(`${owner}.${memberName(found, method)}`) ?? {}
  return sections([code(text), prose(doc), details(doc), ...optionsOf(found, params, own)])
}

function propertiesTable(found: Declared, members: readonly Syntax[]): string {
  if (members.length === 0) return ''
  const rows = members.map(member => {
    const { returnType } = (member.value ?? {}) as Syntax
    const type = returnType ? cut(found, returnType).replace(/^:\s*/, '') : typeOf(found, member)
    return `| \`${memberName(found, member)}\` | ${typed(type)} | ${cell(docOf(found.file, member.start).text)} |`
  })
  return ['| | type | |', '|---|---|---|', ...rows].join('\n')
}

function interfaceParts(found: Declared, node: Syntax, limits: ByOption): string[] {
  const owner = owners.get(found.name)
  if (owner !== undefined) return [prose(found.doc), `The options of ${link(owner)}.`]
  if (found.name.endsWith('Options')) return [prose(found.doc), optionsTable(found, node, limits)]
  const heading = cut(found, { start: node.start, end: (node.body as Syntax).start }).trim()
  const rows = membersOf(node).map(member => {
    const name = memberName(found, member)
    const { text, tags } = docOf(found.file, member.start)
    const throws = (tags.get('throws') ?? []).map(errors => ` Throws ${errorsIn(errors)}`)
    const isProperty = member.type === 'TSPropertySignature'
    const type = isProperty ? typeOf(found, member) : flat(cut(found, member))
    const shown = isProperty ? `\`${name}${member.optional ? '?' : ''}\`` : ''
    return `| ${shown} | ${typed(type)} | ${cell(text + throws.join(''))} |`
  })
  const table = rows.length > 0 ? ['| | type | |', '|---|---|---|', ...rows].join('\n') : ''
  return [/ extends |</.test(heading) ? code(heading) : '', prose(found.doc), table]
}
