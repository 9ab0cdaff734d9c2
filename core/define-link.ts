/** `defineLink`: how links between a loss and an optimizer are written, such as clipping. */
import { CheckFailed } from './checks.ts'
import { defineNode, type NodeFactory } from './define-node.ts'
import type { LinkContext, NodeContext, NodeExample } from './definition.ts'
import { writtenDefinition } from './factory.ts'
import type { Port } from './port.ts'
import { type Scheduling, scheduledConfig } from './scheduled-config.ts'
import { type PortShape, showShape } from './shape.ts'
import type { Tensor } from './tensor.ts'

type AnyMake = (...options: never[]) => object

export interface LinkSpec<Make extends AnyMake> {
  readonly type: string
  readonly version?: number
  readonly config: Make
  /** Options that the documentation shows, where some are required. */
  readonly examples?: readonly NodeExample<Parameters<NoInfer<Make>>[0]>[]
  /** The gradients that the optimizer gets, from those of all parameters that it trains, in the same order. */
  gradients(gradients: readonly Tensor[], config: ReturnType<Make>, context: LinkContext): readonly Tensor[]
  /**
   * How many steps one update is made of, from the mean of their gradients. Links behind get that mean, and their `iteration` counts updates.
   *
   * @default 1
   */
  every?(config: ReturnType<Make>): number
}

/**
 * Defines a link: it stands between a loss and an optimizer, passes the loss on as it is, and changes the gradients of the parameters on
 * their way to the optimizer. Each of its numbers may be a schedule.
 *
 * @example
 * const halve = defineLink({
 *   type: 'halve',
 *   config: () => ({}),
 *   gradients: (gradients, _, { kernels: k }) => gradients.map(g => k.scale(g, 0.5)),
 * })
 * const update = loss.pipe(halve(), adam())
 */
export function defineLink<Make extends AnyMake>(
  spec: LinkSpec<Make>,
): NodeFactory<Scheduling<Make>, 'loss', 'loss', [Port]> {
  const { type, config, gradients, ...rest } = writtenDefinition('defineLink', spec, {
    required: ['type', 'config', 'gradients'],
    functions: ['config', 'gradients', 'every'],
    others: ['version', 'examples', 'replayable'],
  })
  const own = config as unknown as (options?: object) => object
  return defineNode({
    ...rest,
    type,
    gradients,
    // How many steps an update is made of is the same in all of them.
    config: rest.every ? own : (options?: object) => scheduledConfig(type, own, options),
    inputs: ['given'],
    outputs: ['loss'],
    shapes({ given }: { given: PortShape }) {
      if (given.length === 0) return { loss: [] }
      throw new CheckFailed('a loss, which is one number', `the shape ${showShape(given)}`)
    },
    forward: ({ given }: Record<'given', Tensor>, _: unknown, { kernels: k }: NodeContext) => ({
      loss: k.copy(given),
    }),
    backward: ({ loss: dJ }: Record<'loss', Tensor>) => ({ given: dJ }),
  } as never) as unknown as NodeFactory<Scheduling<Make>, 'loss', 'loss', [Port]>
}
