/** `defineOptimizer`: how every optimizer is written, built-in or custom. */
import type { Config, OptimizerDefinition, UpdateContext } from './definition.ts'
import { checkDefinition, type FactoryArguments, layerOf, type OptimizerOptions } from './factory.ts'
import { demandNames } from './names.ts'
import { Port } from './port.ts'
import type { Tensor } from './tensor.ts'

type AnyMake = (...options: never[]) => object
type Slots = Record<string, number | undefined>

export interface OptimizerSpec<Make extends AnyMake, S extends Slots> {
  readonly type: string
  readonly version?: number
  readonly config: Make
  readonly migrate?: (config: Config, version: number) => Config
  /** Says that update does nothing but ask kernels. Then steps that are alike may be computed again without calling it. */
  readonly replayable?: boolean
  /** What is remembered for each parameter: names, each with the number it is filled with first. */
  slots?(config: ReturnType<Make>): S
  /** The next `value` of a parameter and the next content of its slots. */
  update(
    values: { readonly value: Tensor; readonly gradient: Tensor } & { readonly [Name in keyof S]: Tensor },
    config: ReturnType<Make>,
    context: UpdateContext,
  ): { readonly value: Tensor } & {
    readonly [Name in keyof S]: Tensor | (undefined extends S[Name] ? undefined : never)
  }
}

export type OptimizerFactory<Make extends AnyMake> = ((
  ...options: FactoryArguments<Make, OptimizerOptions>
) => (loss: Port) => Port<'update'>) & { readonly definition: OptimizerDefinition }

/** What update is given beside the slots. */
const OWN = ['value', 'gradient']

/**
 * Defines a type of optimizer: what it remembers for each parameter, and how a gradient changes a value. It is
 * pure: the slots are handed in and out.
 *
 * @example
 * const signDescent = defineOptimizer({
 *   type: 'signDescent',
 *   config: ({ learningRate = 0.01 }: { learningRate?: number } = {}) => ({ learningRate }),
 *   update: ({ value, gradient }, { learningRate }, { kernels: k }) => ({
 *     value: k.addScaled(value, k.wherePositive(gradient, 1, -1), -learningRate),
 *   }),
 * })
 */
export function defineOptimizer<Make extends AnyMake, S extends Slots = Record<never, never>>(
  spec: OptimizerSpec<Make, S>,
): OptimizerFactory<Make> {
  checkDefinition('defineOptimizer', spec, ['type', 'config', 'update'])
  const slotsOf = spec.slots?.bind(spec)
  const definition = {
    version: 1,
    ...spec,
    slots(config: ReturnType<Make>) {
      const slots = slotsOf?.(config) ?? {}
      demandNames(`defineOptimizer: ${spec.type}`, {
        'what every optimizer is given': OWN,
        'a slot': Object.keys(slots),
      })
      return slots
    },
    role: 'optimizer',
    inputs: ['loss'],
    outputs: ['update'],
  } as unknown as OptimizerDefinition
  // Slots that cannot be are told as early as their names are known: here, or where the options are that they depend on.
  const usual = usualConfig(spec.config)
  if (usual !== undefined) definition.slots(usual)
  const factory = (options?: unknown) => {
    const layer = layerOf(definition, options)
    definition.slots(layer.config)
    return (loss: Port) => new Port<'update'>({ layer, inputs: [loss] }, 'update')
  }
  return Object.assign(factory, { definition }) as OptimizerFactory<Make>
}

/** The config of somebody who gives no options; undefined where some are needed. */
function usualConfig(config: AnyMake): Config | undefined {
  try {
    return (config as () => Config)()
  } catch {
    return undefined
  }
}
