/** The curves of what a node does: of an activation over its input, computed by its own definition, and of a schedule. */

import type { NodeInfo, RunState } from '../client.ts'
import { courseOf, isPlateau, isSchedule, type NodeDefinition, RandomKey } from '../core/index.ts'
import { ReferenceKernels } from '../kernels/reference/reference-kernels.ts'
import * as activations from '../nodes/activations/index.ts'
import { words } from './format.ts'

export interface Curve {
  readonly points: readonly (readonly [x: number, y: number])[]
  /** The axes in words. */
  readonly across: string
  readonly up: string
}

/** How far to go to both sides of 0, and in how many steps. */
const RANGE = 4
const STEPS = 64
/** Points of a schedule. */
const MOST = 120

const definitions = new Map(
  Object.values(activations).map(({ definition }): [string, NodeDefinition] => [definition.type, definition]),
)
const known = new Map<string, Curve | undefined>()

/** The same object for the same type and config. Undefined for other nodes, and where the function is learned. */
export function curveOf({ type, config }: Pick<NodeInfo, 'type' | 'config'>): Curve | undefined {
  const definition = definitions.get(type)
  if (!definition) return undefined
  const key = JSON.stringify([type, config])
  if (!known.has(key)) known.set(key, computed(definition, config))
  return known.get(key)
}

/** Follows the first entry of rows (x, 0, 0, 0): that of softmax depends on the others. */
function computed(definition: NodeDefinition, given: object): Curve | undefined {
  const config = definition.config(given)
  const shape = [STEPS + 1, 4]
  if (Object.keys(definition.parameters({ x: shape }, config)).length > 0) return undefined
  const kernels = new ReferenceKernels('float64')
  kernels.lend(kernels.lease())
  const xs = Array.from({ length: STEPS + 1 }, (_, i) => RANGE * ((2 * i) / STEPS - 1))
  const x = kernels.tensor(
    shape,
    xs.flatMap(x => [x, 0, 0, 0]),
  )
  const context = {
    kernels,
    mode: 'infer',
    step: 1,
    iteration: kernels.tensor([], [1]),
    random: RandomKey.of(0),
    needs: {},
  } as const
  const { y } = definition.forward({ x }, config, context)
  if (!y) return undefined
  const width = y.data.length / xs.length
  const points = xs.map((x, i) => [x, y.data[i * width] as number] as const)
  return { points, across: 'x', up: `${definition.type}(x)` }
}

/** The course of the first schedule that an optimizer, or a link, follows; the same object for the same schedule. */
export function courseFor(follows: RunState['follows'][string] | undefined): Curve | undefined {
  const [name, schedule] = Object.entries(follows ?? {}).find(([, followed]) => isSchedule(followed)) ?? []
  if (name === undefined || !isSchedule(schedule)) return undefined
  const key = JSON.stringify([name, schedule])
  const curve = known.get(key) ?? {
    points: courseOf(schedule, MOST),
    across: isPlateau(schedule) ? 'epochs without improvement' : 'step',
    up: words(name),
  }
  known.set(key, curve)
  return curve
}
