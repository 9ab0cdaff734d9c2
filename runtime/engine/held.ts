/** Everything that a model has learned, by stable names. */
import {
  check,
  checkedAt,
  didYouMeanName,
  GradstreamError,
  listOf,
  naming,
  type ResolvedNode,
  recordOf,
  type Shape,
  type Tensor,
} from '../../core/index.ts'
import type { Engine } from './engine.ts'
import type { LiveParameter } from './live-parameter.ts'
import type { Versioned } from './versioned.ts'

/** A tensor that a model holds from step to step. */
export interface Held {
  readonly kind: 'parameter' | 'slot' | 'state'
  /** The node that it belongs to. */
  readonly node: ResolvedNode
  /** Its name in that node; of a slot, that of its parameter. */
  readonly name: string
  readonly version: Versioned
  /** Its name there. */
  readonly entry: string
  readonly shape: Shape
}

/**
 * All of them: parameters as `dense1.kernel`, what an optimizer remembers for them as `dense1.kernel/velocity`, and the state of nodes as
 * `batchNormalization1.movingMean`.
 */
export function heldBy({ nodes, parameters, states }: Engine): Map<string, Held> {
  const held = new Map<string, Held>()
  const add = (key: string, what: Omit<Held, 'shape'>) => {
    if (held.has(key)) {
      throw new GradstreamError('DUPLICATE_NAME', {
        place: 'model.state',
        expected: 'a name of its own for everything that the model holds',
        got: `"${key}" twice`,
        hint: 'Leave "/" out of the names of parameters.',
      })
    }
    held.set(key, { ...what, shape: (what.version.present[what.entry] as Tensor).shape })
  }
  for (const { id, resolved, parameters: own } of nodes.values()) {
    if (resolved.owner !== resolved) continue
    for (const [name] of own) {
      const key = `${id}.${name}`
      const { version } = parameters.get(key) as { version: Versioned }
      for (const entry of version.names) {
        const isValue = entry === 'value'
        const kind = isValue ? 'parameter' : 'slot'
        add(isValue ? key : `${key}/${entry}`, { kind, node: resolved, name, version, entry })
      }
    }
    const version = states.get(id)
    for (const entry of version?.names ?? [])
      add(`${id}.${entry}`, {
        kind: 'state',
        node: resolved,
        name: entry,
        version: version as Versioned,
        entry,
      })
  }
  return held
}

/**
 * Which of them are named: each by itself, by its node, by a block that its node is in, or by a pattern such as `'*.bias'`.
 *
 * @throws GradstreamError `UNKNOWN_NAME` for a name of nothing
 */
export function namedAmong(
  held: ReadonlyMap<string, Held>,
  names: readonly string[],
  place: string,
): Map<string, Held> {
  const all = [...held]
  const isNamed = naming([...held.values()])
  for (const name of names)
    if (!all.some(([, each]) => isNamed([name])(each))) throw unknownAmong(held, name, place)
  return new Map(all.filter(([, each]) => isNamed(names)(each)))
}

export function unknownAmong(held: ReadonlyMap<string, Held>, name: string, place: string): GradstreamError {
  const all = [...held].flatMap(([key, { kind }]) => (kind === 'slot' ? [] : [key]))
  const nodes = [...held.values()].map(({ node }) => node.id)
  return new GradstreamError('UNKNOWN_NAME', {
    place,
    expected: `a node, a block or one of ${listOf(all)}`,
    got: `"${name}"`,
    ...didYouMeanName(name, [...new Set(nodes), ...all]),
  })
}

/** Some of them, by their names: until the next step. */
export function tensorsOf(
  engine: Engine,
  isWanted: (held: Held) => boolean,
): [name: string, tensor: Tensor][] {
  engine.begin()
  const wanted = [...heldBy(engine)].filter(([, held]) => isWanted(held))
  return wanted.map(([key, { version, entry }]) => [key, version.present[entry] as Tensor])
}

/** Copies of some of them. */
export const copiesOf = (engine: Engine, isWanted: (held: Held) => boolean): Record<string, Tensor> =>
  recordOf(tensorsOf(engine, isWanted).map(([key, tensor]) => [key, tensor.clone()] as const))

/** Lets optimizers leave parameters as they are, or change them again, from the next step on. */
export function setFrozen(engine: Engine, names: readonly string[], frozen: boolean, place: string): void {
  engine.begin()
  checkedAt(place, 'INVALID_OPTION', () => check.texts({ names }))
  const parameters = new Map([...heldBy(engine)].filter(([, { kind }]) => kind === 'parameter'))
  const named = [...namedAmong(parameters, names, place).keys()]
  const own = named.map(key => engine.parameters.get(key) as LiveParameter)
  const fixed = frozen ? undefined : own.find(({ trainable }) => !trainable)
  if (fixed) {
    throw new GradstreamError('NOT_AVAILABLE', {
      place,
      expected: 'a layer that the graph lets optimizers change',
      got: `${fixed.key}, which has trainable: false in the graph`,
      hint: 'Leave trainable out of the graph, and call model.freeze() instead.',
    })
  }
  for (const parameter of own) parameter.frozen = frozen
  engine.demandChanged(true)
}
