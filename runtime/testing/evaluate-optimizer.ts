/** `evaluateOptimizer`: how an optimizer changes a parameter, gradient by gradient. */
import {
  check,
  checkedAt,
  configAt,
  GradstreamError,
  sameShape,
  showShape,
  sizeOf,
  slotsFor,
  type TensorJson,
} from '../../core/index.ts'
import { Versioned } from '../engine/versioned.ts'
import { demandTensorJson, guarded, type NodeUnderTest, optimizerRig, type TestingOptions } from './rig.ts'

export interface OptimizerArguments {
  /** The parameter before the first gradient. */
  readonly initial: TensorJson
  readonly gradients: readonly TensorJson[]
}

/**
 * The parameter after each gradient.
 *
 * @throws GradstreamError `UNKNOWN_TYPE`, `INVALID_CONFIG`, and what the optimizer throws.
 */
export function evaluateOptimizer(
  node: NodeUnderTest,
  args: OptimizerArguments,
  options: TestingOptions = {},
): TensorJson[] {
  const own = checkedAt('evaluateOptimizer', 'INVALID_OPTION', () => {
    const known = check.options(args, ['initial', 'gradients'])
    check.list({ gradients: known.gradients }, 'of tensors')
    return known
  })
  demandTensorJson('evaluateOptimizer: initial', own.initial)
  own.gradients.forEach((gradient, index) => {
    demandTensorJson(`evaluateOptimizer: gradient ${index}`, gradient)
    if (sameShape(gradient.shape, own.initial.shape)) return
    throw new GradstreamError('SHAPE_MISMATCH', {
      place: `evaluateOptimizer: gradient ${index}`,
      expected: `the shape ${showShape(own.initial.shape)} of initial`,
      got: showShape(gradient.shape),
    })
  })
  return guarded('evaluateOptimizer', () => evaluated(node, own, options))
}

function evaluated(
  node: NodeUnderTest,
  { initial, gradients }: OptimizerArguments,
  options: TestingOptions,
): TensorJson[] {
  const { definition, config, kernels } = optimizerRig(node, options)
  const { shape, data } = initial
  const slots = slotsFor(definition, config, shape)
  const version = new Versioned(node.type, kernels, [
    { name: 'value', shape, values: data },
    ...slots.map(slot => ({ ...slot, values: new Array(sizeOf(slot.shape)).fill(slot.value) })),
  ])
  return gradients.map((given, index) => {
    const gradient = kernels.tensor(given.shape, given.data)
    version.lend()
    const context = { kernels, step: index + 1, iteration: kernels.tensor([], [index + 1]) }
    version.stage(definition.update({ ...version.present, gradient }, configAt(config, index + 1), context))
    version.commit()
    return version.present.value?.toJSON() as TensorJson
  })
}
