/** Values of hyper-parameters by node and name: what a run has, and what makes a difference to it. */
import type { Followed, RunState } from '../../client.ts'
import { followedText, plain, words } from '../format.ts'
import { recordOf } from '../record.ts'

/** A number, a switch, or a schedule as data. */
export type Values = Readonly<Record<string, Readonly<Record<string, unknown>>>>

type Tuned = Pick<RunState, 'hyperparameters' | 'follows'>

/** What a run has under a name: a schedule rather than its present number, `'stream'` for one of the program; undefined for nothing. */
export function valueIn({ hyperparameters, follows }: Tuned, node: string, name: string): unknown {
  const config = Object.hasOwn(hyperparameters, node) ? hyperparameters[node] : undefined
  if (typeof config !== 'object' || !Object.hasOwn(config, name)) return undefined
  return follows[node]?.[name] ?? config[name]
}

/** All values of a run, without those that a stream of the program gives: nobody else could give them back. */
export function valuesOf(state: Tuned): Values {
  const nodes = Object.entries(state.hyperparameters).flatMap(([node, config]) =>
    typeof config === 'object' ? [[node, Object.keys(config)] as const] : [],
  )
  return mapped(
    nodes.flatMap(([node, names]) => names.map(name => [node, name] as const)),
    (node, name) => valueIn(state, node, name),
  )
}

/** The values under the same names as in others. */
export const valuesLike = (others: Values, state: Tuned): Values =>
  mapped(placesIn(others), (node, name) => valueIn(state, node, name))

/** The part of some values that a run knows and does not have already. What follows a stream is left as it is. */
export const newIn = (values: Values, state: Tuned): Values =>
  mapped(placesIn(values), (node, name) => {
    const [next, present] = [values[node]?.[name], valueIn(state, node, name)]
    return present === undefined || present === 'stream' || isSame(next, present) ? undefined : next
  })

/** The names that a run does not know: `adam1 beta1`. */
export const unknownIn = (values: Values, state: Tuned): string[] =>
  placesIn(values).flatMap(([node, name]) =>
    valueIn(state, node, name) === undefined ? [`${node} ${words(name)}`] : [],
  )

export const placesIn = (values: Values): (readonly [node: string, name: string])[] =>
  Object.entries(values).flatMap(([node, own]) => Object.keys(own).map(name => [node, name] as const))

/** What is undefined is left out. */
function mapped(
  places: readonly (readonly [string, string])[],
  of: (node: string, name: string) => unknown,
): Values {
  const nodes = new Map<string, [string, unknown][]>()
  for (const [node, name] of places) {
    const value = of(node, name)
    if (value === undefined || value === 'stream') continue
    nodes.set(node, [...(nodes.get(node) ?? []), [name, value]])
  }
  return recordOf(Array.from(nodes, ([node, entries]) => [node, recordOf(entries)] as const))
}

/** Values are JSON, and the order of the options of a schedule does not count. */
export const isSame = (a: unknown, b: unknown): boolean => ordered(a) === ordered(b)

const ordered = (value: unknown): string =>
  JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )

/** "sgd1 learning rate = 0.01, momentum = 0.9", with another sign if wanted. */
export const valuesText = (values: Values, sign = '='): string =>
  Object.entries(values)
    .map(
      ([node, own]) =>
        `${node} ${Object.entries(own)
          .map(([name, value]) => `${words(name)} ${sign} ${textOf(value)}`)
          .join(', ')}`,
    )
    .join('; ')

export const textOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? followedText(value as Followed) : plain(value)
