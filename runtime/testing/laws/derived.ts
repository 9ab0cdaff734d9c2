/** A written backward pass gives what can be derived from forward. */
import { derivedBackward, GradstreamError, recordOf, type Tensor, type Tensors } from '../../../core/index.ts'
import { demand, type Trial } from '../trial.ts'
import { distance, snapshot } from './tensors.ts'

/**
 * How far the two may differ, relative to the largest entry: as far as a constant that is written in the digits of float32 is off,
 * half a unit of its last digit. A wrong formula is off by much more.
 */
const DERIVED = 2 ** -24

export function checkDerived(trial: Trial): void {
  const { rig, differentiable } = trial
  const written = snapshot(trial.backward())
  const derived = derivedGradients(trial)
  if (!derived) return
  for (const name of differentiable) {
    const worst = distance((written[name] as Tensor).data, (derived[name] as Tensor).data)
    demand(
      worst <= DERIVED,
      rig,
      `the gradient of "${name}" to be the one derived from forward`,
      `off by ${worst}`,
    )
  }
}

/** Undefined where forward does more than to call kernels. */
function derivedGradients({ rig, given, key, outputGradients }: Trial): Tensors | undefined {
  const { values } = rig.forward(given, 'train', key)
  const needs = recordOf(Object.keys(given).map(name => [name, true] as const))
  const { kernels, config, definition } = rig
  try {
    return snapshot(
      derivedBackward(definition)(outputGradients, values, config, {
        kernels,
        mode: 'train',
        step: 1,
        iteration: kernels.tensor([], [1]),
        random: key,
        needs,
      }),
    )
  } catch (error) {
    if (error instanceof GradstreamError && error.code === 'MISSING_GRADIENT') return undefined
    throw error
  }
}
