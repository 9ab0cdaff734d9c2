/** The declarations that let a node run fused with its neighbour: `activation`, `appliesActivation`. */
import { ACTIVATIONS, type Tensor } from '../../../core/index.ts'
import { demand, type Trial } from '../trial.ts'
import { distance } from './tensors.ts'

/** How far an activation may differ from the kernels' one, relative to the largest entry. */
const ACTIVATED = 1e-12

export function checkFusion(trial: Trial): void {
  const { rig, given, key } = trial
  const { activation, appliesActivation, inputs, outputs } = rig.definition
  const [input, output] = [inputs[0] as string, outputs[0] as string]
  const plain = trial.forward().values[output] as Tensor
  const compare = (got: Tensor, wanted: Tensor, what: string) => {
    const worst = distance(got.data, wanted.data)
    demand(worst <= ACTIVATED, rig, what, `off by ${worst}`)
  }
  if (activation !== undefined) {
    const copy = plain.clone()
    rig.kernels.lend(rig.kernels.lease())
    compare(copy, rig.kernels[activation](given[input] as Tensor), `"${output}" to be ${activation}`)
    const usual = trial.backward()[input] as Tensor
    const values = { ...given, [output]: copy, [input]: copy }
    const hidden = rig.backward(trial.outputGradients, values, 'train', {}, key)
    compare(
      hidden[input] as Tensor,
      usual,
      `backward to do without "${input}", because it declares an activation`,
    )
  }
  if (appliesActivation) {
    const copy = plain.clone()
    for (const name of ACTIVATIONS) {
      rig.kernels.lend(rig.kernels.lease())
      const wanted = rig.kernels[name](copy).clone()
      const { values } = rig.forward(given, 'train', key, name)
      compare(
        values[output] as Tensor,
        wanted,
        `forward to apply ${name}, because it declares appliesActivation`,
      )
    }
  }
}
