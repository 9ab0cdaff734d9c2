/** `defineWeightLink`: how links behind an optimizer are written, such as constraints and averages of weights. */
import { entriesOf } from './checks.ts'
import type { Config, NodeExample, UpdateContext, WeightLinkDefinition } from './definition.ts'
import { GradstreamError, listOf, show } from './errors.ts'
import { type FactoryArguments, type OptimizerOptions, writtenDefinition } from './factory.ts'
import { demandNames } from './names.ts'
import type { InputsOf, Port } from './port.ts'
import { configAt, type Scheduling, scheduledConfig } from './scheduled-config.ts'
import type { Shape } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { updateFactory } from './update-factory.ts'

type AnyMake = (...options: never[]) => object

/** The value of a parameter, and the copies of it that a link keeps. */
type Weights<Copy extends string> = { readonly value: Tensor } & { readonly [Name in Copy]: Tensor }

export interface WeightLinkSpec<Make extends AnyMake, Copy extends string> {
  readonly type: string
  readonly version?: number
  readonly config: Make
  readonly migrate?: (config: Config, version: number) => Config
  /** Declares that update only calls kernels, so that steps of the same shape can be replayed without calling it. */
  readonly replayable?: boolean
  /** Options that the documentation shows, where some are required. */
  readonly examples?: readonly NodeExample<Parameters<NoInfer<Make>>[0]>[]
  /**
   * Names of the tensors that are kept for each parameter, of its shape. Each is the value of the parameter at first, and whenever
   * that is set from outside.
   *
   * @default none
   */
  readonly copies?: readonly Copy[]
  /**
   * The copy that predictions and evaluation use in place of the value that is trained.
   *
   * @default none
   */
  readonly evaluated?: NoInfer<Copy>
  /**
   * Whether it takes a parameter of that shape, where the graph does not say which it takes.
   *
   * @default all
   */
  takes?(parameter: Shape, config: ReturnType<Make>): boolean
  /** Checks that it can take a parameter of that shape; throws if not. */
  demands?(parameter: Shape, config: ReturnType<Make>): void
  /** Returns the next `value` and the next copies, from the value that the optimizer has made and the copies so far. */
  update(weights: Weights<Copy>, config: ReturnType<Make>, context: UpdateContext): Weights<NoInfer<Copy>>
}

/** What follows an optimizer: its port, and any whose kind TypeScript does not know. */
type Behind<Given extends Port> = 'update' extends Given['kind'] ? Given : Port<'update'>

export type WeightLinkFactory<Make extends AnyMake> = ((
  ...options: FactoryArguments<Scheduling<Make>, OptimizerOptions>
) => <Update extends Port>(update: Update & Behind<Update>) => Port<'update', InputsOf<Update>>) & {
  readonly definition: WeightLinkDefinition
}

/**
 * Defines a link behind an optimizer: it changes the value of each parameter after each update, or keeps a copy of it, such as an average.
 * Each of its numbers may be a schedule.
 *
 * @example
 * const halved = defineWeightLink({
 *   type: 'halved',
 *   config: () => ({}),
 *   update: ({ value }, _, { kernels: k }) => ({ value: k.scale(value, 0.5) }),
 * })
 * const update = loss.pipe(adam(), halved({ parameters: ['dense1.kernel'] }))
 */
export function defineWeightLink<Make extends AnyMake, Copy extends string = never>(
  spec: WeightLinkSpec<Make, Copy>,
): WeightLinkFactory<Make> {
  const written = writtenDefinition('defineWeightLink', spec, {
    required: REQUIRED,
    functions: FUNCTIONS,
    others: ['version', 'replayable', 'examples', 'copies', 'evaluated'],
  })
  const { copies = [], evaluated } = written
  const place = `defineWeightLink: ${written.type}`
  demandNames(place, { 'a value that every link receives': ['value'], 'a copy': copies })
  if (evaluated !== undefined && !copies.includes(evaluated)) {
    throw new GradstreamError('INVALID_CONFIG', {
      place,
      expected: `evaluated to be one of its copies: ${listOf(copies)}`,
      got: show(evaluated),
      hint: 'Correct the name in the definition.',
    })
  }
  const numbers = (config: Config) => configAt(config, 1) as ReturnType<Make>
  const definition = {
    version: 1,
    examples: [],
    ...Object.fromEntries(entriesOf(written) ?? []),
    config: (options?: object) =>
      scheduledConfig(written.type, written.config as unknown as (options?: object) => object, options),
    takes: (shape: Shape, config: Config) => written.takes?.(shape, numbers(config)) ?? true,
    demands: (shape: Shape, config: Config) => written.demands?.(shape, numbers(config)),
    copies,
    role: 'weights',
    inputs: ['update'],
    outputs: ['update'],
  } as unknown as WeightLinkDefinition
  return updateFactory(definition) as unknown as WeightLinkFactory<Make>
}

const REQUIRED = ['type', 'config', 'update']
const FUNCTIONS = ['config', 'migrate', 'takes', 'demands', 'update']
