/** `defineOptimizer`: how every optimizer is written, built-in or custom. */
import { entriesOf } from './checks.ts'
import type { Config, OptimizerDefinition, SlotSpec, UpdateContext } from './definition.ts'
import { GradstreamError, show } from './errors.ts'
import { type FactoryArguments, type OptimizerOptions, writtenDefinition } from './factory.ts'
import { demandNames } from './names.ts'
import type { InputsOf, Port } from './port.ts'
import { configAt, type Scheduling, scheduledConfig } from './scheduled-config.ts'
import { endsOf, isSchedule } from './schedules.ts'
import type { Shape } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { updateFactory } from './update-factory.ts'

type AnyMake = (...options: never[]) => object
type Slots = Record<string, SlotSpec | undefined>

export interface OptimizerSpec<Make extends AnyMake, S extends Slots> {
  readonly type: string
  readonly version?: number
  readonly config: Make
  readonly migrate?: (config: Config, version: number) => Config
  /** Declares that update only calls kernels, so that steps of the same shape can be replayed without calling it. */
  readonly replayable?: boolean
  /**
   * The state kept for a parameter: a name for each slot, with the number that fills it at first. A slot has the shape of the
   * parameter, unless it names another: `{ shape: [], value: 0 }`.
   */
  slots?(config: ReturnType<Make>, parameter: Shape): S
  /** Returns the next `value` of a parameter and of its slots. */
  update(
    values: { readonly value: Tensor; readonly gradient: Tensor } & { readonly [Name in keyof S]: Tensor },
    config: ReturnType<Make>,
    context: UpdateContext,
  ): { readonly value: Tensor } & {
    readonly [Name in keyof S]: Tensor | (undefined extends S[Name] ? undefined : never)
  }
}

/**
 * What an optimizer accepts: a loss, a combination of losses (`add()(a, b)`), and any port whose kind
 * TypeScript does not know.
 */
type Followed<Given extends Port> = 'loss' extends Given['kind'] ? Given : Port<'loss'>

export type OptimizerFactory<Make extends AnyMake> = ((
  ...options: FactoryArguments<Scheduling<Make>, OptimizerOptions>
) => <Loss extends Port>(loss: Loss & Followed<Loss>) => Port<'update', InputsOf<Loss>>) & {
  readonly definition: OptimizerDefinition
}

/** The values that update receives besides the slots. */
const OWN = ['value', 'gradient']

/**
 * Defines a type of optimizer: the state it keeps for each parameter, and how a gradient changes a value. It
 * is pure: it receives the slots and returns the new ones.
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
  written: OptimizerSpec<Make, S>,
): OptimizerFactory<Make> {
  const spec = writtenDefinition('defineOptimizer', written, {
    required: REQUIRED,
    functions: FUNCTIONS,
    others: ['version', 'replayable', 'examples'],
  })
  const slotsOf = spec.slots?.bind(spec)
  const definition = {
    version: 1,
    ...spec,
    config: (options?: object) =>
      scheduledConfig(spec.type, spec.config as unknown as (options?: object) => object, options),
    slots(config: ReturnType<Make>, parameter: Shape = USUAL_SHAPE) {
      const slots = slotsFrom(spec.type, () => {
        const ofSteps = stepsOf(config as Config).map(
          step => slotsOf?.(configAt(config as Config, step) as ReturnType<Make>, parameter) ?? {},
        )
        return ofSteps.reduce((all, own) => withMissing(all, own)) as S
      })
      demandFillings(`defineOptimizer: ${spec.type}`, slots)
      demandNames(`defineOptimizer: ${spec.type}`, {
        'a value that every optimizer receives': OWN,
        'a slot': Object.keys(slots),
      })
      return slots
    },
    role: 'optimizer',
    inputs: ['loss'],
    outputs: ['update'],
  } as unknown as OptimizerDefinition
  // Report invalid slots as early as possible: here, or with the first options if the slots depend on them.
  const usual = usualConfig(spec.config)
  if (usual !== undefined) definition.slots(usual, USUAL_SHAPE)
  const made = updateFactory(definition, config => definition.slots(config, USUAL_SHAPE))
  return made as unknown as OptimizerFactory<Make>
}

/** Steps that show which numbers a config comes to: a momentum that begins with 0 has a velocity to build up later. */
const stepsOf = (config: Config): readonly number[] => [
  1,
  ...Object.values(config).flatMap(value => (isSchedule(value) ? endsOf(value).map(step => step + 1) : [])),
]

/** Slots, and of others those that are missing among them. */
const withMissing = (slots: Slots, others: Slots): Slots => ({
  ...slots,
  ...Object.fromEntries(Object.entries(others).filter(([name]) => slots[name] === undefined)),
})

/** A shape to ask for slots with where no parameter is at hand. */
const USUAL_SHAPE: Shape = [1, 1]

const REQUIRED = ['type', 'config', 'update']
const FUNCTIONS = ['config', 'migrate', 'slots', 'update']

/** The slots of a definition. If `slots` throws, the definition is at fault. */
function slotsFrom<T>(type: string, slots: () => T): T {
  try {
    return slots()
  } catch (cause) {
    if (cause instanceof GradstreamError) throw cause
    throw new GradstreamError('INVALID_CONFIG', {
      place: `defineOptimizer: ${type}`,
      expected: 'slots to return a number for each name',
      got: `"${show(cause)}"`,
      hint: 'See the cause.',
      cause,
    })
  }
}

/** Checks that every slot starts with a number. */
function demandFillings(place: string, slots: Slots): void {
  const entries = entriesOf<unknown>(slots)
  if (entries?.every(([, slot]) => slot === undefined || typeof slot === 'number' || isShaped(slot))) return
  throw new GradstreamError('INVALID_CONFIG', {
    place,
    expected: 'slots to return a number for each name',
    got: show(slots),
    hint: 'Write slots: () => ({ velocity: 0 }).',
  })
}

/** Whether it is a slot with a shape of its own. */
function isShaped(slot: unknown): boolean {
  const { shape, value } = Object(slot) as { shape?: unknown; value?: unknown }
  return (
    typeof value === 'number' &&
    Array.isArray(shape) &&
    shape.every(length => Number.isSafeInteger(length) && length >= 0)
  )
}

/** The config when no options are given; undefined if some are required. */
function usualConfig(config: AnyMake): Config | undefined {
  try {
    return (config as () => Config)()
  } catch {
    return undefined
  }
}
