/** `checkNode`: the laws that every node keeps. */
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
import { checkFusion } from './laws/fusion.ts'
import { checkGradients } from './laws/gradients.ts'
import { checkNumbers } from './laws/numbers.ts'
import { checkPurity } from './laws/purity.ts'
import { checkRanges } from './laws/ranges.ts'
import { checkState } from './laws/state.ts'
import { guarded, type NodeUnderTest } from './rig.ts'
import { Trial } from './trial.ts'

export interface CheckOptions {
  /** For each input the shape of random values, the batch axis first, or the values themselves. Required. */
  readonly inputs: Readonly<Record<string, Shape | TensorJson>>
  /** Decides the random values, and the key that the node draws from; 0 by default. */
  readonly seed?: number
  /** Definitions of custom nodes; none by default. */
  readonly nodes?: readonly NodeDef[]
}

/**
 * Checks one node by itself, on random values, and throws on the first broken law:
 *
 * - it does what it declares and nothing else: its config is the same when it goes in again and when it has been JSON,
 *   names stand for one thing each, shapes are those that were announced, and nothing comes back under another name;
 * - it is pure: the same numbers and the same key give the same bytes, whichever tensors hold them, and also when another
 *   node of its type computes in between; no argument is changed;
 * - the next state has the shape of the one before, and inference leaves it as it is;
 * - backward gives a gradient of the right shape for each differentiable input and each parameter;
 * - these are the derivatives of forward, by central differences in float64;
 * - backward is linear in the output gradient, and leaving out what is not needed changes nothing else;
 * - float32 agrees with float64; inference gives finite numbers;
 * - outputs are in the `ranges` that they are said to be in; a loss `expects` what can be expected of its inputs;
 * - an `activation` is what it says, and its backward does without the input; a layer that `appliesActivation` does.
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

/** A shape of samples, or a tensor as JSON. */
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

/** Numbers of one input; each of them is changed twice. */
const MOST = 1_000_000

function checkAll(node: NodeUnderTest, { inputs, seed, nodes }: Required<CheckOptions>): void {
  const exact = new Trial(node, inputs, seed, { precision: 'float64', nodes })
  const single = new Trial(node, inputs, seed, { precision: 'float32', nodes })
  try {
    checkDeclarations(exact)
    checkPurity(exact)
    checkState(exact)
    checkGradients(exact)
    checkNumbers(exact, single)
    checkRanges(exact)
    checkFusion(exact)
  } finally {
    for (const { rig } of [exact, single]) rig.kernels.dispose()
  }
}
