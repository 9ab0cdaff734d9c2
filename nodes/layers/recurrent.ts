/** What recurrent layers have in common: a cell that is applied to one place of a sequence after the other. */
import {
  check,
  type Kernels,
  type NodeFactory,
  type Port,
  type PortShape,
  type Tensor,
} from '../../core/index.ts'
import { type InitializerName, initializerNames } from '../initializers/index.ts'

export interface RecurrentOptions {
  /** The length of the rows that come out, and of the state. Required. */
  units: number
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
   * Whether a bias is added.
   *
   * @default true
   */
  useBias?: boolean
  /**
   * The first values of the kernel.
   *
   * @default 'glorotUniform'
   */
  kernelInitializer?: InitializerName
  /**
   * The first values of the recurrent kernel.
   *
   * @default 'orthogonal'
   */
  recurrentInitializer?: InitializerName
  /**
   * The first values of the bias.
   *
   * @default 'zeros'
   */
  biasInitializer?: InitializerName
}

/** The options of a recurrent layer, checked. */
export const recurrentConfig = ({
  units,
  returnSequences = false,
  returnState = false,
  goBackwards = false,
  useBias = true,
  kernelInitializer = 'glorotUniform',
  recurrentInitializer = 'orthogonal',
  biasInitializer = 'zeros',
}: RecurrentOptions) => ({
  units: check.positiveInteger({ units }),
  returnSequences: check.boolean({ returnSequences }),
  returnState: check.boolean({ returnState }),
  goBackwards: check.boolean({ goBackwards }),
  useBias: check.boolean({ useBias }),
  kernelInitializer: check.oneOf({ kernelInitializer }, initializerNames),
  recurrentInitializer: check.oneOf({ recurrentInitializer }, initializerNames),
  biasInitializer: check.oneOf({ biasInitializer }, initializerNames),
})

/** A factory whose nodes give one port, or one for y and each state with `returnState`. */
export type RecurrentFactory<Options extends RecurrentOptions, State extends string> = (<
  const Given extends Options,
>(
  options: Given & { readonly name?: string; readonly trainable?: boolean },
) => (
  x: Port,
  ...more: Port[]
) => Given extends { readonly returnState: true } ? { readonly [Name in 'y' | State]: Port } : Port) &
  Pick<NodeFactory<(options: Options) => object, 'y' | State, 'value'>, 'definition'>

/** The shapes of y and of a state. */
export function recurrentShapes(
  x: PortShape,
  mask: PortShape | undefined,
  { units, returnSequences }: { readonly units: number; readonly returnSequences: boolean },
): { readonly y: PortShape; readonly state: PortShape } {
  if (x.length !== 3) throw new Error(`x has the axes [batch, time, features], and not ${x.length}`)
  if (mask) check.samePorts({ x: x.slice(0, 2), mask })
  const state = [x[0] ?? null, units]
  return { y: returnSequences ? [x[0] ?? null, x[1] ?? null, units] : state, state }
}

interface Run {
  /** What is computed of each place before the cell runs: [batch, time, ...]. */
  readonly given: Tensor
  readonly mask: Tensor | undefined
  readonly goBackwards: boolean
  readonly returnSequences: boolean
}

/**
 * Applies a cell to one place after the other. The first state is what comes out; where the mask is 0, all states stay.
 */
export function run<States extends readonly [Tensor, ...Tensor[]]>(
  { given, mask, goBackwards, returnSequences }: Run,
  initial: States,
  cell: (given: Tensor, states: States) => States,
  k: Kernels,
): { readonly y: Tensor; readonly states: States } {
  const [batch = 1, time = 0] = given.shape
  const at = (x: Tensor, t: number) => k.reshape(k.slice(x, 1, t, 1), [batch, ...x.shape.slice(2)])
  const rows: Tensor[] = []
  let states = initial
  for (let i = 0; i < time; i++) {
    const t = goBackwards ? time - 1 - i : i
    const next = cell(at(given, t), states)
    const here = mask && k.reshape(k.slice(mask, 1, t, 1), [batch, ...initial[0].shape.slice(1).map(() => 1)])
    const before = states
    states = here
      ? (next.map((state, s) => k.where(here, state, before[s] as Tensor)) as unknown as States)
      : next
    const [out] = states
    if (returnSequences) rows.push(k.reshape(out, [batch, 1, ...out.shape.slice(1)]))
  }
  return { y: returnSequences ? k.concatenate(rows, 1) : states[0], states }
}

/** Equal parts of the last axis. */
export function parts(x: Tensor, count: number, k: Kernels): Tensor[] {
  const last = x.shape.length - 1
  const length = (x.shape[last] as number) / count
  return Array.from({ length: count }, (_, i) => k.slice(x, last, i * length, length))
}
