/** What the rows of a parameter are called: the categories or tokens that an embedding looks up, the features that a layer reads. */
import { attempt, entryOf, GradstreamError, listOf, sizeOf } from '../../../core/index.ts'
import { Dataset } from '../../data/dataset.ts'
import { classesOf, widthOf } from '../../data/tables/encoder.ts'
import { engineOf } from '../../engine/model.ts'
import type { Trainer } from '../../training/trainer.ts'
import type { NamesQuery } from '../protocol.ts'
import type { TextCodec } from './writer.ts'

/** The most names, and the default. */
const NAMES = 4096
const USUAL = 2000
/** The most characters of one. */
const LONGEST = 64

/** Nodes that change the shape of a single number and nothing else. */
const RESHAPING: readonly string[] = ['reshape', 'flatten', 'expandDims', 'squeeze']

type Node = NonNullable<ReturnType<ReturnType<typeof engineOf>['nodes']['get']>>['resolved']

/**
 * The names of the first rows of a parameter, at most as many as there are rows; `null` if the run knows none.
 *
 * @throws GradstreamError `UNKNOWN_NAME`, `FORBIDDEN`
 */
export function rowNames(
  { model, data }: Trainer,
  codec: TextCodec | undefined,
  { node: name, parameter, count = USUAL }: NamesQuery,
): readonly string[] | null {
  if (count < 1 || count > NAMES) throw refused('FORBIDDEN', `a count from 1 to ${NAMES}`, String(count))
  const { id, parameters } = model.node(name)
  const known = entryOf(parameters, parameter)
  if (!known)
    throw refused(
      'UNKNOWN_NAME',
      `a parameter of "${id}": ${listOf(Object.keys(parameters))}`,
      `"${parameter}"`,
    )
  const node = engineOf(model).nodes.get(id)
  const [rows = 0] = known.shape
  if (!node || known.shape.length !== 2) return null
  const names = namesOf(
    node.resolved,
    rows,
    Math.min(rows, count),
    data instanceof Dataset ? data : undefined,
    codec,
  )
  if (!names) return null
  return names
    .slice(0, Math.min(rows, count))
    .map(text => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text))
}

function namesOf(
  node: Node,
  rows: number,
  count: number,
  data: Dataset | undefined,
  codec: TextCodec | undefined,
): readonly string[] | undefined {
  const read = readBy(node)
  if (!read) return undefined
  const { input, feature, isWhole } = read
  if (node.entry.type !== 'embedding') {
    const column = data && entryOf(data.columns, input.id)
    return isWhole && column?.shape.length === 1 && column.names?.length === rows ? column.names : undefined
  }
  const categories = feature === undefined ? undefined : categoriesAt(data, input.id, feature)
  if (categories) return categories
  if (!codec || !isWhole) return undefined
  const decoded = Array.from({ length: count }, (_, token) => attempt(() => codec.decode([token])))
  return decoded.map((text, token) => (typeof text === 'string' && text !== '' ? text : String(token)))
}

/** The categories of one feature of a table. */
function categoriesAt(data: Dataset | undefined, column: string, feature: number) {
  if (column !== 'x') return undefined
  let at = 0
  for (const encoding of data?.encoder?.features ?? []) {
    if (at === feature && encoding.type === 'index') return classesOf(encoding)
    at += widthOf(encoding)
  }
  return undefined
}

/**
 * The input that a node reads, if nothing but slices and new shapes are in between: the whole of it, or the place of the one feature that is left
 * of it.
 */
function readBy(node: Node) {
  const source = node.inputs[0]
  if (!source) return undefined
  const isSingle = sizeOf((source.producer.shapes[source.output] ?? []).slice(1).map(n => n ?? 0)) === 1
  let [{ producer }, from, isWhole] = [source, 0, true]
  while (producer.definition.role !== 'input') {
    const { entry, config, inputs } = producer
    const [before] = inputs
    if (!before || !isSingle) return undefined
    const shape = before.producer.shapes[before.output] ?? []
    if (entry.type === 'slice') {
      const { axis, start } = config as { axis: number; start: number }
      if (shape.length !== 2 || (axis !== -1 && axis !== 1)) return undefined
      from += start < 0 ? start + (shape[1] ?? Number.NaN) : start
      isWhole = false
    } else if (!RESHAPING.includes(entry.type)) return undefined
    producer = before.producer
  }
  return { input: producer, feature: isSingle ? from : undefined, isWhole }
}

const refused = (code: 'FORBIDDEN' | 'UNKNOWN_NAME', expected: string, got: string) =>
  new GradstreamError(code, { place: 'names', expected, got })
