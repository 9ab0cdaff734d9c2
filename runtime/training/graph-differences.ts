/** In what two graphs differ, in words. */
import {
  type Config,
  type GraphDef,
  graphToJson,
  isSameJson,
  type NodeEntry,
  show,
} from '../../core/index.ts'

/** How many differences are named. */
const NAMED = 5

/** What `now` has that `then` had not, and the other way round; undefined where they are alike. */
export function graphDifferences(then: GraphDef, now: GraphDef): string | undefined {
  const [old, own] = [plain(then), plain(now)]
  const [before, after] = [byId(old), byId(own)]
  const differences = [
    ...old.nodes.filter(({ id }) => !after.has(id)).map(({ id, type }) => `no ${id} of type ${type}`),
    ...own.nodes.flatMap(node => {
      const known = before.get(node.id)
      return known ? nodeDifferences(known, node) : [`${node.id} of type ${node.type}, which is new`]
    }),
  ]
  if (!isSameJson(old.outputs, own.outputs))
    differences.push(`the outputs ${Object.keys(own.outputs)} and not ${Object.keys(old.outputs)}`)
  const order = ({ nodes }: GraphDef) => nodes.map(({ id }) => id)
  if (differences.length === 0 && !isSameJson(order(old), order(own)))
    differences.push('the same nodes in another order')
  if (differences.length === 0) return undefined
  const more = differences.length - NAMED
  return [...differences.slice(0, NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

function nodeDifferences(then: NodeEntry, now: NodeEntry): string[] {
  const { id } = now
  if (then.type !== now.type) return [`${id} of type ${now.type} and not ${then.type}`]
  return [
    ...changedIn(then.config, now.config).map(
      name => `${id} with ${name} ${show(now.config[name])} and not ${show(then.config[name])}`,
    ),
    ...(isSameJson(then.inputs, now.inputs) ? [] : [`${id} fed by other nodes`]),
  ]
}

/** The names of options that differ. */
export const changedIn = (then: Config, now: Config): string[] =>
  [...new Set([...Object.keys(then), ...Object.keys(now)])].filter(
    name => !isSameJson(then[name] ?? null, now[name] ?? null),
  )

const plain = (graph: GraphDef): GraphDef => JSON.parse(graphToJson(graph))

const byId = ({ nodes }: GraphDef) => new Map(nodes.map(node => [node.id, node]))
