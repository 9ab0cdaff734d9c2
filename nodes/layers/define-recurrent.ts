/** `defineRecurrent`: a layer from its cell, which goes from one place of a sequence to the next. */
import {
  type Config,
  check,
  defineNode,
  GradstreamError,
  type Kernels,
  type NodeContext,
  type NodeExample,
  type NodeFactory,
  type ParameterSpec,
  type Port,
  type PortShape,
  type Shape,
  show,
  Tensor,
  writtenDefinition,
} from '../../core/index.ts'

/** Options that every recurrent layer takes besides its own. */
export interface LoopOptions {
  /**
   * Whether the whole sequence comes out, or its last row alone.
   *
   * @default false
   */
  returnSequences?: boolean
  /**
   * Whether the last state comes out, too, beside y.
   *
   * @default false
   */
  returnState?: boolean
  /**
   * Whether the sequence is read from its end to its start; then y is in the order in which it was read.
   *
   * @default false
   */
  goBackwards?: boolean
  /**
   * How many samples each batch has, where the last state of a batch is the first of the next one, in training and inference;
   * `model.resetStates()` begins anew. Batches of another size are refused. `null` where each batch begins anew.
   *
   * @default null
   */
  statefulBatchSize?: number | null
}

type Specs = Record<string, ParameterSpec | undefined>
type Values = Record<string, Tensor | undefined>
type TensorsOf<S> = { [Name in keyof S]: Tensor | (undefined extends S[Name] ? undefined : never) }

/** What is written down for a recurrent layer. The type parameters are inferred, all of them. */
export interface RecurrentSpec<
  Options extends object,
  Own extends object,
  State extends string,
  Parameters extends Specs,
  Before extends Values,
> {
  /** The name it has in graphs; factory and file share it. */
  readonly type: string
  /** Counts up when the config changes its meaning; 1 at first. */
  readonly version?: number
  /** Turns a config written by an older version into one of this version. */
  readonly migrate?: (config: Config, version: number) => Config
  /** The layer's own options in, full and checked config out; those of the loop are added. */
  readonly config: (options: Options) => Own
  /** The names of what goes from place to place. An input `initialState` or `initialMemory` goes with `state` or `memory`, zeros if it is open. */
  readonly states: readonly State[]
  /** The shape of each state of one sample. */
  stateShapes(inputs: { readonly x: PortShape }, config: Own): Record<State, Shape>
  /**
   * The shape of a row of y, if `step` returns one.
   *
   * @default that of the first state
   */
  outputShape?(inputs: { readonly x: PortShape }, config: Own): Shape
  parameters?(inputs: { readonly x: PortShape }, config: Own): Parameters
  /**
   * What can be computed before the loop: x, a sequence [batch, time, ...] in place of the one that came, such as its product with a
   * kernel; and under other names what is the same for each place.
   *
   * @default x itself
   */
  before?(
    values: { readonly x: Tensor } & TensorsOf<Parameters>,
    config: Own,
    context: NodeContext,
  ): { readonly x: Tensor } & Before
  /** One place: the next states from the present ones and x, the row of the place; perhaps y. */
  step(
    values: { readonly x: Tensor } & Record<NoInfer<State>, Tensor> & TensorsOf<Parameters> & NoInfer<Before>,
    config: Own,
    context: NodeContext,
  ): Record<NoInfer<State>, Tensor> & { readonly y?: Tensor }
  /** Says that all it does is to ask kernels. Then steps that are alike may be computed again without calling it. */
  readonly replayable?: boolean
  /** Options, with shapes of inputs that fit them. The documentation shows them, and tests try them. */
  readonly examples?: readonly NodeExample<NoInfer<Options & LoopOptions>, 'x', string>[]
}

/** A factory whose nodes give one port, or one for y and each state with `returnState`. */
export type RecurrentFactory<Options extends LoopOptions, State extends string> = (<
  const Given extends Options,
>(
  options: Given & { readonly name?: string; readonly trainable?: boolean },
) => (
  x: Port,
  ...more: Port[]
) => Given extends { readonly returnState: true } ? { readonly [Name in 'y' | State]: Port } : Port) &
  Pick<NodeFactory<(options: Options) => object, 'y' | State, 'value'>, 'definition'>

/**
 * Defines a recurrent layer by its cell. The loop, masks, initial states, and the options of `LoopOptions` are added; it goes wherever `lstm`
 * goes, such as into `bidirectional`.
 *
 * x [batch, time, ...], mask [batch, time], y [batch, ...], or [batch, time, ...] with `returnSequences`. Where the mask is 0, all states stay.
 *
 * @throws GradstreamError `INVALID_CONFIG`
 * @example
 * // h := tanh(x · kernel + h · recurrentKernel)
 * const plain = defineRecurrent({
 *   type: 'plain',
 *   config: ({ units }: { units: number }) => ({ units: check.positiveInteger({ units }) }),
 *   states: ['state'],
 *   stateShapes: (_, { units }) => ({ state: [units] }),
 *   parameters: ({ x }, { units }) => ({
 *     kernel: { shape: [check.lastAxis({ x }), units] },
 *     recurrentKernel: { shape: [units, units], initializer: 'orthogonal' },
 *   }),
 *   step: ({ x, state: h, kernel, recurrentKernel }, _, { kernels: k }) => ({
 *     state: k.tanh(k.add(k.matMul(x, kernel), k.matMul(h, recurrentKernel))),
 *   }),
 * })
 * const y = x.pipe(plain({ units: 32, returnSequences: true }))
 */
export function defineRecurrent<
  Options extends object,
  Own extends object,
  const State extends string,
  Parameters extends Specs = Record<never, never>,
  Before extends Values = Record<never, never>,
>(
  spec: RecurrentSpec<Options, Own, State, Parameters, Before>,
): RecurrentFactory<Options & LoopOptions, State> {
  const { states, replayable, examples = [], ...cell } = demandSpec(spec)
  const initial = states.map(name => `initial${capitalized(name)}`)
  const last = states.map(name => `last${capitalized(name)}`)
  type Full = Own & ReturnType<typeof loopConfig>
  const outputs = ['y', ...states] as string[]
  return defineNode({
    type: cell.type,
    ...(cell.version !== undefined && { version: cell.version }),
    ...(cell.migrate && { migrate: cell.migrate }),
    config: (options: Options & LoopOptions): Full => ({ ...cell.config(options), ...loopConfig(options) }),
    inputs: ['x'],
    optional: ['mask', ...initial],
    nonDifferentiable: ['mask'],
    outputs,
    shown: ({ returnState }: Full) => (returnState ? outputs : ['y']),
    examples,
    ...(replayable !== undefined && { replayable }),
    remembers: true,
    shapes({ x, mask, ...given }: Record<string, PortShape | undefined>, config: Full) {
      const [batch = null, time = null] = sequenceOf(x)
      if (mask) check.samePorts({ x: [batch, time], mask })
      const shapes = cell.stateShapes({ x: x as PortShape }, config)
      const { returnSequences, statefulBatchSize } = config
      states.forEach((name, i) => {
        const port = given[initial[i] as string]
        if (port && statefulBatchSize !== null)
          throw new Error(`no ${initial[i]} with statefulBatchSize, which begins where the last batch ended`)
        if (port) check.samePorts({ [name]: [batch, ...shapes[name]], [initial[i] as string]: port })
      })
      const row = cell.outputShape?.({ x: x as PortShape }, config) ?? shapes[states[0] as State]
      return {
        y: returnSequences ? [batch, time, ...row] : [batch, ...row],
        ...Object.fromEntries(states.map(name => [name, [batch, ...shapes[name]]])),
      }
    },
    expects: () => ({ mask: { whole: [0, 1] } }),
    parameters: ({ x }: { readonly x: PortShape }, config: Full) => cell.parameters?.({ x }, config) ?? {},
    state({ x }: { readonly x: PortShape }, config: Full) {
      const { statefulBatchSize: size } = config
      if (size === null) return {}
      const shapes = cell.stateShapes({ x }, config)
      return Object.fromEntries(
        states.map((name, i) => [last[i], { shape: [size, ...shapes[name]], initializer: 'zeros' as const }]),
      )
    },
    forward(values: Values, config: Full, context: NodeContext) {
      const { kernels: k } = context
      const { x, mask, ...rest } = values as { x: Tensor; mask?: Tensor } & Record<string, Tensor>
      const [batch = 0] = x.shape
      demandBatch(batch, config.statefulBatchSize)
      const parameters = rest as TensorsOf<Parameters>
      const { x: given, ...fixed } = cell.before?.({ ...parameters, x }, config, context) ?? { x }
      const shapes = cell.stateShapes({ x: [null, ...x.shape.slice(1)] }, config)
      const first = states.map(
        (name, i) =>
          rest[initial[i] as string] ?? rest[last[i] as string] ?? k.fill([batch, ...shapes[name]], 0),
      )
      const step = (row: Tensor, present: readonly Tensor[]) => {
        const held = Object.fromEntries(states.map((name, i) => [name, present[i]]))
        const made = cell.step({ ...parameters, ...fixed, ...held, x: row } as never, config, context)
        return { y: made.y, states: states.map(name => tensorOf(made, name)) }
      }
      const { y, states: end } = run({ given, mask, ...config }, first, step, k)
      const named = (names: readonly string[], tensor: (i: number) => Tensor) =>
        Object.fromEntries(names.map((name, i) => [name, tensor(i)]))
      return {
        y,
        ...named(states, i => k.copy(end[i] as Tensor)),
        ...(config.statefulBatchSize !== null && named(last, i => end[i] as Tensor)),
      }
    },
  } as never) as unknown as RecurrentFactory<Options & LoopOptions, State>
}

/** Reads a definition once, and checks that nothing is missing. */
function demandSpec<Spec extends { readonly type: string; readonly states: readonly string[] }>(
  spec: Spec,
): Spec {
  const written = writtenDefinition('defineRecurrent', spec, {
    required: ['type', 'config', 'states', 'stateShapes', 'step'],
    functions: ['config', 'migrate', 'stateShapes', 'outputShape', 'parameters', 'before', 'step'],
    others: ['version', 'replayable', 'examples'],
  })
  if (written.states.length > 0) return written
  throw new GradstreamError('INVALID_CONFIG', {
    place: `defineRecurrent: ${written.type}`,
    expected: 'at least one state',
    got: 'none',
    hint: "Name what goes from place to place, such as states: ['state'].",
  })
}

function tensorOf(made: Readonly<Record<string, Tensor | undefined>>, name: string): Tensor {
  const tensor = made?.[name]
  if (tensor instanceof Tensor) return tensor
  throw new GradstreamError('MISSING_OUTPUT', {
    place: 'step',
    expected: `the next "${name}", a tensor`,
    got: show(tensor),
  })
}

const loopConfig = ({
  returnSequences = false,
  returnState = false,
  goBackwards = false,
  statefulBatchSize = null,
}: LoopOptions) => ({
  returnSequences: check.boolean({ returnSequences }),
  returnState: check.boolean({ returnState }),
  goBackwards: check.boolean({ goBackwards }),
  statefulBatchSize: statefulBatchSize === null ? null : check.positiveInteger({ statefulBatchSize }),
})

const capitalized = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)

function sequenceOf(x: PortShape | undefined): PortShape {
  if (x && x.length > 2) return x
  throw new Error(`x has the axes [batch, time, ...], and not ${x?.length}`)
}

function demandBatch(batch: number, size: number | null): void {
  if (size === null || batch === size) return
  throw new GradstreamError('SHAPE_MISMATCH', {
    place: 'x',
    expected: `batches of ${size} samples, as statefulBatchSize says`,
    got: String(batch),
    hint: 'Use that batchSize, and a number of samples that it divides; for other batches, compile a second graph and assign the weights.',
  })
}

interface Run {
  /** What is computed of each place before the cell runs: [batch, time, ...]. */
  readonly given: Tensor
  readonly mask: Tensor | undefined
  readonly goBackwards: boolean
  readonly returnSequences: boolean
}

interface Step {
  /** The row that comes out, where it is not the first state. */
  readonly y: Tensor | undefined
  readonly states: readonly Tensor[]
}

/** Applies a cell to one place after the other. Where the mask is 0, all states stay, and y, too, zeros at first. */
function run(
  { given, mask, goBackwards, returnSequences }: Run,
  initial: readonly Tensor[],
  cell: (given: Tensor, states: readonly Tensor[]) => Step,
  k: Kernels,
): { readonly y: Tensor; readonly states: readonly Tensor[] } {
  const [batch = 1, time = 0] = given.shape
  const at = (x: Tensor, t: number) => k.reshape(k.slice(x, 1, t, 1), [batch, ...x.shape.slice(2)])
  const rows: Tensor[] = []
  let states = initial
  let row: Tensor | undefined
  for (let i = 0; i < time; i++) {
    const t = goBackwards ? time - 1 - i : i
    const next = cell(at(given, t), states)
    const here = mask && k.slice(mask, 1, t, 1)
    const kept = (made: Tensor, before: Tensor | undefined) => {
      if (!here) return made
      const shape = [batch, ...made.shape.slice(1).map(() => 1)]
      return k.where(k.reshape(here, shape), made, before ?? k.fill(made.shape, 0))
    }
    const before = states
    states = next.states.map((state, s) => kept(state, before[s]))
    row = next.y ? kept(next.y, row) : (states[0] as Tensor)
    if (returnSequences) rows.push(k.reshape(row, [batch, 1, ...row.shape.slice(1)]))
  }
  return { y: returnSequences ? k.concatenate(rows, 1) : (row as Tensor), states }
}
