/** `docs/nodes.md`: the nodes of the catalogue, from their definitions and comments. */
import {
  type Definition,
  inputName,
  isUpdating,
  type NodeDef,
  type NodeDefinition,
  type NodeExample,
  type PortShape,
  showShape,
} from '../../core/index.ts'
import { schedule } from '../../index.ts'
import { groups } from '../../nodes/index.ts'
import { limitsOfAll, showLimits } from './limits.ts'
import { metricsPart } from './metrics-part.ts'
import { type ByOption, interfaceOf, optionsIn } from './options.ts'
import { type Declared, declared, docOf, exportsOf } from './syntax.ts'

const INTRODUCTION = `# The nodes

Every built-in node, from its definition: what it computes, its options with their defaults and limits, and what it makes of inputs
of some shapes, the batch axis first. All options and types are in the [API](api.md); [how to write a node](custom-nodes.md) of
your own takes a page.`

const files = new Map(exportsOf('nodes/factories.ts'))

export async function nodesPage(): Promise<string> {
  const limits = await limitsOfAll()
  const parts = Object.entries(groups).map(([group, nodes]) => {
    const { text } = docOf(`nodes/${group}/index.ts`, undefined)
    const rows = nodes.map(node => rowOf(node, limits.get(node.definition.type) ?? {}))
    const pictures = group === 'activations' ? `\n\n${nodes.map(pictureOf).join('\n')}` : ''
    return `## ${group}\n\n${text}\n\n| | | options | examples |\n|---|---|---|---|\n${rows.join('\n')}${pictures}`
  })
  return `${[INTRODUCTION, ...parts, schedulesPart(), metricsPart()].join('\n\n')}\n`
}

const schedulesPart = () => `## schedules

Numbers of optimizers and links that change with the training step, [with their options](api.md#schedule). They are data of a graph, not nodes.

${Object.keys(schedule)
  .map(name => `![the schedule ${name}](pictures/schedule-${name}.svg)`)
  .join('\n')}`

function rowOf({ definition }: NodeDef, limits: ByOption): string {
  const { type } = definition
  const found = declared(type, files.get(type) as string)
  if (!found) throw new Error(`${type} is not declared in ${files.get(type)}`)
  const examples =
    isUpdating(definition) || definition.gradients
      ? [`loss.pipe(${linkCall(definition)})`]
      : examplesOf(definition)
  const cells = [
    `[\`${type}\`](api.md#${type.toLowerCase()})`,
    found.doc.text.replaceAll(/\n\n/g, '<br>'),
    optionsOf(found, limits).join('<br>'),
    examples.map(example => `\`${example}\``).join('<br>'),
  ]
  return `| ${cells.map(text => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`
}

/** `alpha`: 0.3, finite */
function optionsOf({ name, file, source }: Declared, limits: ByOption): string[] {
  const definition = source.slice(source.indexOf(`type: '${name}'`))
  const [, type = ''] = /config\W[\s\S]*?: (\w+Options)\b/.exec(definition) ?? []
  const options = interfaceOf(name === 'input' ? 'InputOptions' : type, file)
  if (!options) return []
  return optionsIn(options.found, options.node).map(({ name, value }) => {
    const limit = showLimits(limits[name])
    return `\`${name}\`: ${value}${limit && ` (${limit})`}`
  })
}

/** `dense({ units: 3 })(x)`, and the shapes of `x` and of what comes out. */
function examplesOf(definition: NodeDefinition): string[] {
  if (definition.reads) return [`h.pipe(${definition.type}())`]
  const examples = definition.examples.length > 0 ? definition.examples : [{}]
  return examples.map(example => {
    const call = callOf(definition, example)
    if (definition.role === 'input') return call
    const shapes = inputShapes(definition, example)
    const config = definition.config(example.config ?? {})
    const made = definition.shapes(shapes, config)
    const shown = definition.shown?.(config) ?? definition.outputs
    const list = (all: readonly (readonly (number | null)[])[]) => all.map(showShape).join(', ')
    return `${call}: ${list(Object.values(shapes))} → ${list(shown.map(name => made[name] as PortShape))}`
  })
}

/** `clipByNorm(), adam()`, or `adam(), maxNorm()`, or an optimizer alone. */
function linkCall(definition: Definition): string {
  if (definition.role === 'optimizer') return `${definition.type}()`
  const [example] = definition.examples
  const call = `${definition.type}(${optionsText(example?.config)})`
  return definition.role === 'weights' ? `adam(), ${call}` : `${call}, adam()`
}

/** `{ units: 3 }` */
function optionsText(config: object = {}): string {
  const options = Object.entries(config).map(([name, value]) => `${name}: ${written(value)}`)
  return options.length > 0 ? `{ ${options.join(', ')} }` : ''
}

function callOf(definition: NodeDefinition, { config, inputs }: NodeExample): string {
  const names = inputs ? Object.keys(inputs) : definition.inputs
  const applied = definition.role === 'input' ? '' : `(${names.join(', ')})`
  return `${definition.type}(${optionsText(config)})${applied}`
}

/** A value as code. */
function written(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{ ${Object.entries(value)
    .map(([name, one]) => `${name}: ${written(one)}`)
    .join(', ')} }`
}

/** The shapes of an example, or rows of six numbers. */
function inputShapes(definition: NodeDefinition, { inputs }: NodeExample) {
  const names = definition.inputs.map((_, i) => inputName(definition, i) as string)
  return { ...(inputs ?? Object.fromEntries(names.map(name => [name, [4, 6]]))) }
}

const pictureOf = ({ definition: { type } }: NodeDef) => `![${type} and its derivative](pictures/${type}.svg)`
