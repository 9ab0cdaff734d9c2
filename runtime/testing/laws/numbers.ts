/** Numbers behave: float32 is close to float64, and inference is finite. */
import type { Tensor } from '../../../core/index.ts'
import { demand, type Trial } from '../trial.ts'
import { distance, snapshot } from './tensors.ts'

/** How far float32 may differ from float64, relative to the largest entry of a tensor. */
const FLOAT32 = 2e-5

export function checkNumbers(exact: Trial, single: Trial): void {
  const wanted = { ...snapshot(exact.forward().made), ...exact.backward() }
  const got = { ...snapshot(single.forward().made), ...single.backward() }
  const next = exact.state.filter(name => wanted[name])
  for (const name of [...exact.rig.definition.outputs, ...next, ...exact.differentiable]) {
    const worst = distance((got[name] as Tensor).data, (wanted[name] as Tensor).data)
    demand(
      worst <= FLOAT32,
      exact.rig,
      `"${name}" in float32 to be within ${FLOAT32} of float64`,
      `off by ${worst}`,
    )
  }
  const inferred = exact.forward(exact.given, 'infer').made
  for (const name of exact.rig.definition.outputs) {
    const holds = exact.rig.kernels.allFinite(inferred[name] as Tensor)
    demand(holds, exact.rig, `finite "${name}" in inference`, 'numbers that are not finite')
  }
}
