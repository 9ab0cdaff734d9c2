/** What a type of node is to the rest of the house: the definitions that a registry holds. */
import { GradstreamError, show } from './errors.ts'
import type { Kernels } from './kernels.ts'
import type { RandomKey } from './random.ts'
import type { Expectation, Range } from './range.ts'
import type { PortShape, Shape } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { attempt } from './things.ts'

export type Mode = 'train' | 'infer'
export type Config = Readonly<Record<string, unknown>>
export type Tensors = Record<string, Tensor>
/** Gradients by name; `false` or `undefined` where none was needed. */
export type Gradients = Record<string, Tensor | false | undefined>

/** Makes the first values of a parameter, in float64, from its shape and key. */
export type Initializer = (shape: Shape, key: RandomKey) => ArrayLike<number>

/** An initializer with its options, as `initializer.randomNormal({ deviation: 0.02 })` gives it. Plain data. */
export interface InitializerSpec {
  readonly initializer: string
  readonly [option: string]: unknown
}

/** Initializers by name, with options, or one of your own. */
export type InitializerLike =
  | 'constant'
  | 'zeros'
  | 'ones'
  | 'identity'
  | 'orthogonal'
  | 'randomNormal'
  | 'randomUniform'
  | 'truncatedNormal'
  | 'glorotNormal'
  | 'glorotUniform'
  | 'heNormal'
  | 'heUniform'
  | 'lecunNormal'
  | 'lecunUniform'
  | 'varianceScaling'
  | InitializerSpec
  | Initializer

/** A parameter or a piece of state: its shape, and its first values (`'glorotUniform'` where none are named). */
export interface ParameterSpec {
  readonly shape: Shape
  readonly initializer?: InitializerLike
}

/** What is known of the numbers at some ports, by name. */
export type Ranges = { readonly [port: string]: Range | undefined }

/** What is asked of the numbers at some ports, by name. */
export type Expectations = { readonly [port: string]: Expectation | undefined }

/** What a node's forward and backward get besides values and config. */
export interface NodeContext<Needs extends string = string> {
  readonly kernels: Kernels
  readonly mode: Mode
  /** The number of the training step, from 1. */
  readonly step: number
  /** The same number as a tensor of shape [], so that steps that are replayed compute with their own. */
  readonly iteration: Tensor
  /** This node's key for this step. */
  readonly random: RandomKey
  /** Which gradients somebody needs; backward may give `false` for the others and save the work. */
  readonly needs: Readonly<Record<Needs, boolean>>
}

/** Options of a node, and shapes of inputs that fit them, the batch axis first. */
export interface NodeExample<Options = Config, In extends string = string, Optional extends string = never> {
  /** @default none */
  readonly config?: Options
  /** @default any shape, the same for all inputs */
  readonly inputs?: Readonly<Record<In, Shape>> & { readonly [Name in Optional]?: Shape }
}

/** The behaviour of a node type, as the engine sees it. Written with `defineNode`, which types it in full. */
export interface NodeDefinition {
  readonly role: 'input' | 'node' | 'loss'
  readonly type: string
  readonly version: number
  /** Options in, full and checked config out; what comes out may go in again. */
  config(options?: unknown): Config
  /** Turns a config written by an older version into one of this version. */
  migrate?(config: Config, version: number): Config
  readonly inputs: readonly string[]
  /** Further inputs that may be left open. */
  readonly optional: readonly string[]
  /** Whether it takes more inputs than are named. */
  readonly variadic: boolean
  readonly outputs: readonly string[]
  /** The outputs that there are ports for with some config; all where it is not written. */
  shown?(config: Config): readonly string[]
  readonly saved: readonly string[]
  readonly nonDifferentiable: readonly string[]
  /** Where an input is not defined on all numbers: the interval that `checkNode` draws from. */
  readonly domain: Readonly<Record<string, readonly [number, number]>>
  /** What it can be tried with: options, and the shapes of its inputs. */
  readonly examples: readonly NodeExample[]
  /** Whether forward and backward do nothing but ask kernels: then steps may be replayed without them. */
  readonly replayable?: boolean
  /** Whether inference changes its state, too, until it is reset to the first values. */
  readonly remembers?: boolean
  /** Whether the first output has nothing but entries of the first input as they are, in places that depend on shapes and options alone. */
  readonly rearranges?: boolean
  shapes(inputs: Record<string, PortShape>, config: Config): Record<string, PortShape>
  /** The numbers that its outputs come to, from those of its inputs, as far as they are known. */
  ranges?(inputs: Readonly<Record<string, Range | undefined>>, config: Config): Ranges
  /** What it asks of the numbers at its inputs. */
  expects?(config: Config, inputs: Record<string, PortShape>): Expectations
  /** The parameter that it reads, of the node that feeds it: there it is shaped, made and trained. */
  reads?(config: Config): string
  parameters(inputs: Record<string, PortShape>, config: Config): Record<string, ParameterSpec>
  state(inputs: Record<string, PortShape>, config: Config): Record<string, ParameterSpec>
  /**
   * For a link between a loss and an optimizer: what becomes of the gradients of all parameters that the optimizer trains, before it gets
   * them.
   */
  gradients?(gradients: readonly Tensor[], config: Config, context: LinkContext): readonly Tensor[]
  /** For a link: how many steps one update is made of, from the mean of their gradients; 1 where it is not written. */
  every?(config: Config): number
  forward(values: Tensors, config: Config, context: NodeContext): Tensors
  backward(gradients: Tensors, values: Tensors, config: Config, context: NodeContext): Gradients
}

/** What a link gets besides gradients and config. */
export interface LinkContext extends UpdateContext {
  /** This link's key for this step. */
  readonly random: RandomKey
}

/** What an optimizer's update gets besides values and config. */
export interface UpdateContext {
  readonly kernels: Kernels
  /** The number of the training step, from 1. */
  readonly step: number
  /** The same number as a tensor of shape [], so that steps that are replayed compute with their own. */
  readonly iteration: Tensor
}

/** What is remembered for a parameter: a tensor of its shape, or of another one, with the number that fills it at first. */
export type SlotSpec = number | { readonly shape: Shape; readonly value: number }

/** The behaviour of an optimizer type, as the engine sees it. Written with `defineOptimizer`. */
export interface OptimizerDefinition {
  readonly role: 'optimizer'
  readonly type: string
  readonly version: number
  config(options?: unknown): Config
  migrate?(config: Config, version: number): Config
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Whether update does nothing but ask kernels: then steps may be replayed without it. */
  readonly replayable?: boolean
  /** What is remembered for a parameter of some shape between steps, by name. */
  slots(config: Config, parameter: Shape): Record<string, SlotSpec | undefined>
  /** The next `value` and the next content of each slot. */
  update(values: Tensors, config: Config, context: UpdateContext): Tensors
}

/** The behaviour of a type of links behind an optimizer, as the engine sees it. Written with `defineWeightLink`. */
export interface WeightLinkDefinition {
  readonly role: 'weights'
  readonly type: string
  readonly version: number
  config(options?: unknown): Config
  migrate?(config: Config, version: number): Config
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly examples: readonly NodeExample[]
  /** Whether update does nothing but ask kernels: then steps may be replayed without it. */
  readonly replayable?: boolean
  /** The copies of weights that it keeps for each parameter, by name. */
  readonly copies: readonly string[]
  /** The copy that predictions and evaluation use. */
  readonly evaluated?: string
  /** Whether it takes a parameter of that shape, where the graph does not say which it takes. */
  takes(parameter: Shape, config: Config): boolean
  /** Checks that it can take a parameter of that shape. */
  demands(parameter: Shape, config: Config): void
  /** The next `value` and the next copies. */
  update(weights: Tensors, config: Config, context: UpdateContext): Tensors
}

export type Definition = NodeDefinition | OptimizerDefinition | WeightLinkDefinition

/** Whether what comes out is an update of parameters and no value: of optimizers, and of the links behind them. */
export const isUpdating = (
  definition: Definition,
): definition is OptimizerDefinition | WeightLinkDefinition =>
  definition.role === 'optimizer' || definition.role === 'weights'

/** What `compile(graph, { nodes })` takes: a factory made by `defineNode` or `defineOptimizer`. */
export interface NodeDef {
  readonly definition: Definition
}

/** The definitions of one compile, by type. */
export type Registry = ReadonlyMap<string, Definition>

/**
 * Puts definitions under their types. One of a later group takes the place of one before, so that a node of a user's own stays what it is when
 * a built-in one of that type comes up.
 *
 * @throws GradstreamError `INVALID_OPTION`, `DUPLICATE_NAME` where two of a group have one type
 */
export function registryOf(...groups: readonly (readonly NodeDef[])[]): Registry {
  return new Map(groups.flatMap(nodes => [...byType(nodes)]))
}

function byType(nodes: readonly NodeDef[]): Registry {
  const registry = new Map<string, Definition>()
  for (const node of listed(nodes)) {
    if (
      !attempt(() => typeof node.definition.type === 'string' && typeof node.definition.role === 'string')
    ) {
      throw new GradstreamError('INVALID_OPTION', {
        place: 'nodes',
        expected: 'a list of what defineNode() and defineOptimizer() return, such as [swish]',
        got: show(node),
        hint: 'Pass the definitions themselves, not calls: { nodes: [swish] }.',
      })
    }
    const { definition } = node
    if ((registry.get(definition.type) ?? definition) !== definition) {
      throw new GradstreamError('DUPLICATE_NAME', {
        place: 'nodes',
        expected: 'one definition for each type',
        got: `two for ${show(definition.type)}`,
        hint: 'Give one of them another type.',
      })
    }
    registry.set(definition.type, definition)
  }
  return registry
}

/** Definitions as a list; a lone one is as good as a list of it. */
const listed = (nodes: readonly NodeDef[] | NodeDef): readonly NodeDef[] =>
  (Array.isArray(nodes) ? Array.from(nodes) : [nodes]) as readonly NodeDef[]

/** The names of a node's inputs, optional ones last; those that a variadic node takes beyond its named ones are input3, input4, ... */
export function inputName(definition: Definition, index: number): string | undefined {
  const named = inputsOf(definition)[index]
  if (named !== undefined || isUpdating(definition) || !definition.variadic) return named
  return `input${index + 1}`
}

/** The names of all inputs that a definition names: those that it needs, and those that it can do without. */
export const inputsOf = (definition: Definition): readonly string[] =>
  isUpdating(definition) ? definition.inputs : [...definition.inputs, ...definition.optional]

/** The slots of a parameter, each with its shape and the number that fills it at first. */
export const slotsFor = (
  definition: OptimizerDefinition,
  config: Config,
  parameter: Shape,
): readonly { readonly name: string; readonly shape: Shape; readonly value: number }[] =>
  Object.entries(definition.slots(config, parameter)).flatMap(([name, slot]) => {
    if (slot === undefined) return []
    return typeof slot === 'number' ? { name, shape: parameter, value: slot } : { name, ...slot }
  })
