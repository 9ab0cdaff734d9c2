/** `checkNode`: checks the laws that every node must obey. */
import {
  CheckFailed,
  check,
  checkedAt,
  type NodeDef,
  type Shape,
  show,
  sizeOf,
  type TensorJson,
  tensor,
} from '../../core/index.ts'
import { checkDeclarations } from './laws/declarations.ts'
import { checkDerived } from './laws/derived.ts'
import { checkGradients } from './laws/gradients.ts'
import { checkNumbers } from './laws/numbers.ts'
import { checkPurity } from './laws/purity.ts'
import { checkRanges } from './laws/ranges.ts'
import { checkState } from './laws/state.ts'
import { guarded, type NodeUnderTest } from './rig.ts'
import { Trial } from './trial.ts'

export interface CheckOptions {
  /** For each input, the shape of random values with the batch axis first, or the values themselves. Required. */
  readonly inputs: Readonly<Record<string, Shape | TensorJson>>
  /** The seed of the random values and of the node's key; 0 by default. */
  readonly seed?: number
  /** Definitions of custom nodes; none by default. */
  readonly nodes?: readonly NodeDef[]
}

/**
 * Checks one node on its own, with random values, and throws on the first broken law:
 *
 * - it does exactly what it declares: its config stays the same when passed in again and after a JSON round trip,
 *   names are unique, shapes are the announced ones, and it returns nothing under other names;
 * - it is pure: the same numbers and key give the same bytes, whichever tensors hold them, even if another node of
 *   its type computes in between; it changes no argument;
 * - the next state has the shape of the previous one, and inference does not change it;
 * - backward returns a gradient of the right shape for each differentiable input and each parameter;
 * - these gradients are the derivatives of forward, by central differences in float64;
 * - they are those that can be derived from forward, if it only calls kernels;
 * - backward is linear in the output gradient, and leaving out unneeded gradients changes no others;
 * - float32 agrees with float64; inference gives finite numbers;
 * - outputs are within their declared `ranges`; what a loss `expects` is valid for its inputs.
 *
 * @throws GradstreamError `NODE_LAW_BROKEN`
 * @example checkNode({ type: 'swish', config: { beta: 2 } }, { inputs: { x: [3, 4] }, seed: 7, nodes: [swish] })
 */
export function checkNode(node: NodeUnderTest, options: CheckOptions): void {
  const {
    inputs,
    seed = 0,
    nodes = [],
  } = checkedAt('checkNode', 'INVALID_OPTION', () => {
    const own = check.options(options, ['inputs', 'seed', 'nodes'])
    if (own.seed !== undefined) check.integer({ seed: own.seed })
    for (const [name, given] of check.byName({ inputs: own.inputs })) demandShape(name, given)
    return own
  })
  guarded('checkNode', () => checkAll(node, { inputs, seed, nodes }))
}

/** Checks a shape of samples, or a tensor as JSON. */
function demandShape(name: string, given: unknown): void {
  if (!Array.isArray(given)) {
    tensor(given as TensorJson, 'float64', `checkNode: input "${name}"`)
    return
  }
  const valid = given.every(length => Number.isSafeInteger(length) && length > 0)
  if (valid && sizeOf(given) <= MOST) return
  throw new CheckFailed(`"${name}" to have a shape, of at most ${MOST} numbers`, show(given), {
    hint: 'Write inputs: { x: [3, 4] }.',
  })
}

/** The most numbers of one input: the check runs the node on all of them dozens of times. */
const MOST = 1_000_000

function checkAll(node: NodeUnderTest, { inputs, seed, nodes }: Required<CheckOptions>): void {
  const exact = new Trial(node, inputs, seed, { precision: 'float64', nodes })
  const single = new Trial(node, inputs, seed, { precision: 'float32', nodes })
  try {
    checkDeclarations(exact)
    checkPurity(exact)
    checkState(exact)
    checkGradients(exact)
    checkDerived(exact)
    checkNumbers(exact, single)
    checkRanges(exact)
  } finally {
    for (const { rig } of [exact, single]) rig.kernels.dispose()
  }
}
