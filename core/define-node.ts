/** `defineNode`: how every node is written, built-in or custom. */
import { entriesOf } from './checks.ts'
import type { Config, NodeContext, NodeDefinition, NodeExample, ParameterSpec } from './definition.ts'
import { derivedBackward } from './derived-backward.ts'
import { GradstreamError, listOf, show } from './errors.ts'
import {
  callOf,
  type FactoryArguments,
  layerOf,
  type NodeOptions,
  nodeFunction,
  thingOfFactory,
  writtenDefinition,
} from './factory.ts'
import { demandNames } from './names.ts'
import { type InputsOf, Port, type PortKind, portsOf } from './port.ts'
import type { Expectation, Range } from './range.ts'
import type { PortShape } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { THING } from './things.ts'

type AnyMake = (...options: never[]) => object
type Specs = Record<string, ParameterSpec | undefined>
type OptionsOf<Make extends AnyMake> = Parameters<Make>[0]

/** A tensor for each spec; perhaps undefined where the spec is. */
type TensorsOf<S> = { [Name in keyof S]: Tensor | (undefined extends S[Name] ? undefined : never) }
type GradientsOf<S> = { [Name in keyof S]: Tensor | false | (undefined extends S[Name] ? undefined : never) }

/** Something for each input, and perhaps for those that may be left open. */
type Given<T, In extends string, Optional extends string> = [Optional] extends [never]
  ? Record<In, T>
  : Record<In, T> & { [Name in Optional]?: T | undefined }

/** What is written down for a node. The type parameters are inferred, all of them. */
export interface NodeSpec<
  Make extends AnyMake,
  In extends string,
  Out extends string,
  Saved extends string,
  Fixed extends string,
  Parameters extends Specs,
  State extends Specs,
  Shapes extends Record<Out, PortShape> = Record<Out, PortShape>,
  Optional extends string = never,
> {
  /** The name it has in graphs; factory and file share it. */
  readonly type: string
  /** Counts up when the config changes its meaning; 1 at first. */
  readonly version?: number
  /** Options in, full and checked config out. */
  readonly config?: Make
  /** Turns a config written by an older version into one of this version. */
  readonly migrate?: (config: Config, version: number) => Config
  readonly inputs: readonly In[]
  /** Further inputs that may be left open, such as weights or a mask; where they are, their values are undefined. */
  readonly optional?: readonly Optional[]
  /** Takes any number of inputs beyond the named ones. */
  readonly variadic?: boolean
  readonly outputs: readonly Out[]
  /**
   * The outputs that there are ports for with some config: for one output the port itself, else each by name.
   *
   * @default all
   */
  shown?(config: ReturnType<Make>): readonly Out[]
  /** What backward needs and forward knew. Inputs, outputs, parameters and state are there anyway. */
  readonly saved?: readonly Saved[]
  /** Inputs that get no gradient, such as targets. */
  readonly nonDifferentiable?: readonly Fixed[]
  /** Where an input is not defined on all numbers: the interval that `checkNode` draws from. */
  readonly domain?: { readonly [Name in In | Optional]?: readonly [number, number] }
  /**
   * Options, with shapes of inputs that fit them: `[{ config: { units: 3 }, inputs: { x: [4, 2] } }]`. The documentation shows
   * them, and tests try them.
   *
   * @default the default options, for inputs of one shape
   */
  readonly examples?: readonly NodeExample<OptionsOf<NoInfer<Make>>, NoInfer<In>, NoInfer<Optional>>[]
  /**
   * Says that forward and backward do nothing but ask kernels. Then steps that are alike may be computed again without
   * calling them.
   */
  readonly replayable?: boolean
  /**
   * Whether the state changes in inference as well as in training, from one batch to the next, until `model.resetStates()` brings its first
   * values back.
   *
   * @default false
   */
  readonly remembers?: boolean
  /**
   * Whether the first output has nothing but entries of the first input as they are, in places that depend on shapes and options alone, as
   * `reshape`, `permute` and `slice` do it. Then what is asked of the numbers behind the node is asked of those before it.
   *
   * @default false
   */
  readonly rearranges?: boolean
  /** The shapes of the outputs; `null` is the batch axis. */
  shapes(inputs: Given<PortShape, In, Optional>, config: ReturnType<Make>): Shapes
  /**
   * The numbers that the outputs come to as parameters change, from what is known of the inputs: `[0, 1]`, or
   * `'distribution'`. Leave out what is not known; what is told is taken at its word by the losses behind.
   */
  ranges?(
    inputs: { readonly [Name in In | Optional]: Range | undefined },
    config: ReturnType<Make>,
  ): { readonly [Name in Out]?: Range | undefined }
  /** What it asks of the numbers at its inputs: `'probabilities'` of a loss, or `{ whole: [0, 9] }` of what looks up. */
  expects?(
    config: ReturnType<Make>,
    inputs: Given<PortShape, In, Optional>,
  ): { readonly [Name in In | Optional]?: Expectation | undefined }
  parameters?(inputs: Given<PortShape, In, Optional>, config: ReturnType<Make>): Parameters
  state?(inputs: Given<PortShape, In, Optional>, config: ReturnType<Make>): State
  /** Outputs and saved values; a node with state adds the next state in training, and one that `remembers` in inference, too. */
  forward(
    values: Given<Tensor, In, Optional> & TensorsOf<Parameters> & TensorsOf<State>,
    config: ReturnType<Make>,
    context: NodeContext<In | Optional | (keyof Parameters & string)>,
  ): Record<NoInfer<Out | Saved>, Tensor> & Partial<TensorsOf<State>>
  /**
   * The gradients of inputs and parameters from those of the outputs.
   *
   * @default what is derived from forward, where that only calls kernels
   */
  backward?(
    gradients: Record<Out, Tensor>,
    values: Given<Tensor, In | Out | Saved, Optional> & TensorsOf<Parameters> & TensorsOf<State>,
    config: ReturnType<Make>,
    context: NodeContext<In | Optional | (keyof Parameters & string)>,
  ): Given<Tensor | false, Exclude<In, Fixed>, Exclude<Optional, Fixed>> & GradientsOf<Parameters>
}

/** One port for a node with one output, else one for each by name. */
type OutputPorts<Out extends string, Kind extends PortKind, Inputs extends string> = [Out] extends [
  infer Single,
]
  ? IsUnion<Single> extends true
    ? { readonly [Name in Out]: Port<Kind, Inputs> }
    : Port<Kind, Inputs>
  : never
type IsUnion<T, Whole = T> = T extends unknown ? ([Whole] extends [T] ? false : true) : never

/**
 * What a node makes of ports of some kinds: what is made of losses is a loss, everything else a value. Of ports that may be
 * anything the compiler knows nothing, so what is made of them goes everywhere.
 */
type KindOf<Given extends PortKind, Kind extends PortKind> = Kind extends 'loss'
  ? 'loss'
  : PortKind extends Given
    ? // biome-ignore lint/suspicious/noExplicitAny: it has to be assignable to each kind
      any
    : Exclude<Given, 'update'>

/** What is one number, of the shape `[]`, is a loss: an optimizer may follow it. */
type KindOfShapes<Shape> = [Shape] extends [readonly never[]] ? 'loss' : 'value'

/** A port for each input by name, and perhaps more; where the names are not known, any number. */
export type PortsFor<In extends string> = string extends In ? Port[] : Repeated<In>

/** A list with one port for each member of a union, and perhaps more. */
type Repeated<Union, List extends Port[] = []> = [Union] extends [never]
  ? [...List, ...more: Port[]]
  : Repeated<Exclude<Union, LastOf<Union>>, [...List, Port]>
type LastOf<Union> = (Union extends unknown ? (each: (member: Union) => void) => void : never) extends (
  each: infer All,
) => void
  ? All extends (member: infer Last) => void
    ? Last
    : never
  : never

/** A node with one input may stand in a pipe; one with several takes as many ports, or a list of ports. */
type NodeFunction<In extends Port[], Out extends string, Kind extends PortKind> = In extends [
  Port,
  Port,
  ...Port[],
]
  ? <Ports extends readonly Port[]>(
      ...inputs: number extends Ports['length'] ? Ports : In
    ) => OutputPorts<Out, KindOf<Ports[number]['kind'], Kind>, InputsOf<Ports[number]>>
  : <Given extends PortKind, Inputs extends string>(
      ...inputs: In extends [Port, ...Port[]]
        ? [port: Port<Given, Inputs>, ...more: Port<Given, Inputs>[]]
        : Port<Given, Inputs>[]
    ) => OutputPorts<Out, KindOf<Given, Kind>, Inputs>

/** Makes nodes of one type: options in, a function from ports to a port out. */
export type NodeFactory<
  Make extends AnyMake,
  Out extends string,
  Kind extends 'value' | 'loss',
  In extends Port[] = Port[],
> = ((...options: FactoryArguments<Make, NodeOptions>) => NodeFunction<In, Out, Kind>) & {
  readonly definition: NodeDefinition
}

/**
 * Defines a type of node: its shapes, parameters, forward and backward. It is pure: what it computes depends on
 * its arguments alone.
 *
 * @example
 * const double = defineNode({
 *   type: 'double', inputs: ['x'], outputs: ['y'],
 *   shapes: ({ x }) => ({ y: x }),
 *   forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, 2) }),
 *   backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.scale(dy, 2) }),
 * })
 * const y = x.pipe(double())
 */
export function defineNode<
  In extends string,
  Out extends string,
  Make extends AnyMake = () => Record<never, never>,
  Saved extends string = never,
  Fixed extends string = never,
  Parameters extends Specs = Record<never, never>,
  State extends Specs = Record<never, never>,
  Shapes extends Record<Out, PortShape> = Record<Out, PortShape>,
  Optional extends string = never,
>(
  spec: NodeSpec<Make, In, Out, Saved, Fixed, Parameters, State, Shapes, Optional>,
): NodeFactory<Make, Out, KindOfShapes<Shapes[Out]>, PortsFor<In>> {
  return factoryOf('node', spec) as NodeFactory<Make, Out, KindOfShapes<Shapes[Out]>, PortsFor<In>>
}

/** Defines a loss: a node that ends in one number, which an optimizer may follow. */
export function defineLoss<
  In extends string,
  Make extends AnyMake = () => Record<never, never>,
  Saved extends string = never,
  Fixed extends string = never,
  Optional extends string = never,
>(
  spec: Omit<
    NodeSpec<
      Make,
      In,
      'loss',
      Saved,
      Fixed,
      Record<never, never>,
      Record<never, never>,
      Record<'loss', PortShape>,
      Optional
    >,
    'outputs'
  >,
): NodeFactory<Make, 'loss', 'loss', PortsFor<In>> {
  return factoryOf('loss', lossSpec(spec)) as NodeFactory<Make, 'loss', 'loss', PortsFor<In>>
}

/** The definition of a loss has one output, under the name of all losses. */
const lossSpec = (spec: object) => {
  const entries = entriesOf(spec)
  return entries ? Object.fromEntries([...entries, ['outputs', ['loss']]]) : spec
}

type AnySpec = Omit<Partial<NodeDefinition>, 'config'> &
  Pick<NodeDefinition, 'type' | 'inputs' | 'outputs' | 'shapes' | 'forward'> & {
    readonly config?: (...options: never[]) => object
  }

const REQUIRED = ['type', 'inputs', 'outputs', 'shapes', 'forward']
const FUNCTIONS = [
  'config',
  'migrate',
  'shown',
  'shapes',
  'parameters',
  'state',
  'forward',
  'backward',
  'gradients',
  'ranges',
  'expects',
  'reads',
  'every',
]
const OTHERS = [
  'version',
  'role',
  'optional',
  'variadic',
  'saved',
  'nonDifferentiable',
  'domain',
  'examples',
  'replayable',
  'remembers',
  'rearranges',
]

/** What is said of inputs must be said of inputs that there are. */
function checkReferences(
  place: string,
  { inputs: needed, optional = [], variadic, nonDifferentiable, domain }: AnySpec,
): void {
  if (variadic) return
  const inputs = [...needed, ...optional]
  for (const name of [...(nonDifferentiable ?? []), ...Object.keys(domain ?? {})]) {
    if (inputs.includes(name)) continue
    throw new GradstreamError('INVALID_CONFIG', {
      place,
      expected: `nonDifferentiable and domain to name inputs: ${listOf(inputs)}`,
      got: show(name),
      hint: 'Correct the name in the definition.',
    })
  }
}

/** The factory as the types above promise it; what is untyped here is typed there. */
function factoryOf(role: 'node' | 'loss', spec: object): unknown {
  const define = role === 'loss' ? 'defineLoss' : 'defineNode'
  const written = writtenDefinition(define, spec as AnySpec, {
    required: REQUIRED,
    functions: FUNCTIONS,
    others: OTHERS,
  })
  const { inputs, optional = [], outputs, saved = [], variadic = false } = written
  const place = `${define}: ${written.type}`
  const names = { 'an input': [...inputs, ...optional], 'an output': outputs, 'a saved value': saved }
  demandNames(place, names, { variadic })
  checkReferences(place, written)
  const known = {
    version: 1,
    optional: [],
    variadic: false,
    saved: [],
    nonDifferentiable: [],
    domain: {},
    examples: [],
    parameters: () => ({}),
    state: () => ({}),
    config: () => ({}),
    ...written,
    role,
  } as Omit<NodeDefinition, 'backward'>
  const definition: NodeDefinition = { ...known, backward: written.backward ?? derivedBackward(known) }
  const factory = (options?: unknown, ...more: unknown[]) => {
    const layer = layerOf(definition, options, more)
    return nodeFunction(layer, (...given: Port[]) => {
      const application = { layer, inputs: portsOf(layer, () => callOf(layer), given) }
      const shown = definition.shown?.(layer.config) ?? definition.outputs
      const ports = shown.map(output => new Port(application, output))
      return ports.length === 1 ? ports[0] : Object.fromEntries(ports.map(port => [port.output, port]))
    })
  }
  return Object.assign(factory, { definition, [THING]: thingOfFactory(definition) })
}
