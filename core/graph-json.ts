/** Graphs to JSON text and back. */
import { checkedAt, integer, thing } from './checks.ts'
import type { Config, Definition, Registry } from './definition.ts'
import { GradstreamError, show } from './errors.ts'
import { frozenCopy, type GraphDef, type NodeEntry } from './graph.ts'
import { isRecord, recordOf } from './record.ts'
import { thingOf } from './things.ts'

/**
 * A graph as JSON with its keys in a fixed order, so that equal graphs are equal texts.
 *
 * @throws GradstreamError `GRAPH_FORMAT` for a config that JSON cannot hold.
 */
export function graphToJson(graph: GraphDef, indent = 2): string {
  demandGraph('graphToJson', graph)
  checkedAt('graphToJson', 'INVALID_OPTION', () => integer({ indent }))
  try {
    return JSON.stringify(graph, stableKeys, indent)
  } catch (thrown) {
    if (thrown instanceof GradstreamError) throw thrown
    throw wrongFormat('value', 'plain data that JSON can hold', graph)
  }
}

const FIRST = ['format', 'id', 'type', 'version', 'node', 'output', 'config', 'inputs']

/** Orders the keys of each object: identifying keys first, the rest alphabetically. */
function stableKeys(key: string, value: unknown): unknown {
  const holdable =
    typeof value === 'number'
      ? Number.isFinite(value)
      : typeof value !== 'function' && typeof value !== 'bigint'
  if (!holdable) {
    throw new GradstreamError('GRAPH_FORMAT', {
      place: `config "${key}"`,
      expected: 'a value that JSON can represent',
      got: show(value),
      hint: 'Use names and finite numbers in configs, for example kernelInitializer: "heUniform".',
    })
  }
  // The order of inputs and outputs means something, so it stays.
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    key === 'inputs' ||
    key === 'outputs'
  )
    return value
  const rank = (name: string) => (FIRST.indexOf(name) + FIRST.length + 1) % (FIRST.length + 1)
  const entries = Object.entries(value)
  return recordOf(entries.sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0)))
}

/**
 * Reads a graph from JSON text or its parsed value. Definitions in `registry` migrate configs that older
 * versions of a type wrote. Unknown types are kept as they are; compiling them fails with a clear error.
 *
 * @throws GradstreamError `GRAPH_FORMAT` if it is not a graph, `INVALID_CONFIG` from a migration.
 */
export function graphFromJson(json: string | object, registry: Registry = new Map()): GraphDef {
  const value = typeof json === 'string' ? parse(json) : json
  try {
    return read(value, registry)
  } catch (thrown) {
    if (thrown instanceof GradstreamError) throw thrown
    throw wrongFormat('value', 'plain data', value)
  }
}

/** Throws if the value is not a graph, and says what to write instead. */
export function demandGraph(place: string, value: unknown): void {
  checkedAt(place, 'INVALID_OPTION', () =>
    thing({ graph: value }, 'graph', 'a graph made by graph()', given => {
      return (
        typeof given === 'string' || (typeof given === 'object' && isRecord(given) && isGraphOrData(given))
      )
    }),
  )
}

const isGraphOrData = (given: object) => [undefined, 'graph'].includes(thingOf(given)?.kind)

function read(value: unknown, registry: Registry): GraphDef {
  if (!isRecord(value) || value.format !== 'gradstream-graph') {
    throw wrongFormat('format', '"gradstream-graph"', isRecord(value) ? value.format : value)
  }
  if (value.version !== 1) throw wrongFormat('version', '1', value.version)
  if (!Array.isArray(value.nodes)) throw wrongFormat('nodes', 'a list of nodes', value.nodes)
  if (!isRecord(value.outputs)) throw wrongFormat('outputs', 'ports by name', value.outputs)
  return frozenCopy({
    format: value.format,
    version: value.version,
    nodes: Array.from(value.nodes, (node, index) => entryOf(node, `nodes[${index}]`, registry)),
    outputs: recordOf(Object.entries(refsOf(value.outputs, 'outputs'))),
  })
}

function entryOf(node: unknown, place: string, registry: Registry): NodeEntry {
  if (!isRecord(node)) throw wrongFormat(place, 'a node', node)
  const { id, type, version, config = {}, inputs = {}, trainable, shares, parameters } = node
  if (typeof id !== 'string') throw wrongFormat(`${place}.id`, 'a string', id)
  if (typeof type !== 'string') throw wrongFormat(`${place}.type`, 'a string', type)
  if (!Number.isSafeInteger(version)) throw wrongFormat(`${place}.version`, 'a whole number', version)
  if (!isRecord(config)) throw wrongFormat(`${place}.config`, 'an object', config)
  if (!isRecord(inputs)) throw wrongFormat(`${place}.inputs`, 'ports by name', inputs)
  if (trainable !== undefined && typeof trainable !== 'boolean') {
    throw wrongFormat(`${place}.trainable`, 'true or false', trainable)
  }
  if (shares !== undefined && typeof shares !== 'string')
    throw wrongFormat(`${place}.shares`, 'a string', shares)
  if (
    parameters !== undefined &&
    !(Array.isArray(parameters) && parameters.every(p => typeof p === 'string'))
  ) {
    throw wrongFormat(`${place}.parameters`, 'a list of strings', parameters)
  }
  const definition = registry.get(type)
  const from = version as number
  if (definition && from > definition.version) {
    throw wrongFormat(`${id} (${type})`, `version ${definition.version} or older`, from)
  }
  const older = definition !== undefined && from < definition.version
  return {
    id,
    type,
    version: older ? definition.version : from,
    config: older ? migrated(definition, config, from, id) : config,
    inputs: refsOf(inputs, `${place}.inputs`),
    ...(trainable === false ? { trainable } : {}),
    ...(shares === undefined ? {} : { shares }),
    ...(parameters === undefined ? {} : { parameters: parameters as string[] }),
  }
}

function migrated(definition: Definition, config: Config, version: number, id: string): Config {
  const { type, migrate } = definition
  if (!migrate) return config
  try {
    return checkedAt(id, 'INVALID_CONFIG', () => migrate(config, version))
  } catch (cause) {
    if (cause instanceof GradstreamError) throw cause
    throw new GradstreamError('INVALID_CONFIG', {
      place: id,
      expected: `a config that version ${version} of ${type} wrote`,
      got: show(cause),
      hint: 'Correct the config in the file, or the migration of the type.',
      cause,
    })
  }
}

function refsOf(value: Record<string, unknown>, place: string): NodeEntry['inputs'] {
  return Object.fromEntries(
    Object.entries(value).map(([name, ref]) => {
      if (isRecord(ref) && typeof ref.node === 'string' && typeof ref.output === 'string') {
        return [name, { node: ref.node, output: ref.output }]
      }
      throw wrongFormat(`${place}.${name}`, '{ node, output }', ref)
    }),
  )
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new GradstreamError('GRAPH_FORMAT', {
      place: 'graphFromJson',
      expected: 'JSON',
      got: show(cause),
      cause,
    })
  }
}

function wrongFormat(place: string, expected: string, got: unknown): GradstreamError {
  return new GradstreamError('GRAPH_FORMAT', { place: `graph: ${place}`, expected, got: show(got) })
}

/** Whether two plain values hold the same data, in any key order. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(b).length &&
    keys.every(
      key =>
        Object.hasOwn(b, key) &&
        isSameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  )
}
