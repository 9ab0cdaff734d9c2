/** The state of a node: the next one has the shape of the previous one, and only training changes it, unless the node remembers. */
import { sameShape, showShape, Tensor } from '../../../core/index.ts'
import { demand, type Trial } from '../trial.ts'
import { sameBytes } from './tensors.ts'

export function checkState(trial: Trial): void {
  const { rig, given, state } = trial
  for (const name of state) {
    const before = given[name] as Tensor
    const next = trial.forward().made[name]
    if (next !== undefined) {
      demand(
        next instanceof Tensor && sameShape(next.shape, before.shape),
        rig,
        `the next state "${name}" to have the shape ${showShape(before.shape)}`,
        next instanceof Tensor ? showShape(next.shape) : String(next),
      )
      demand(
        rig.kernels.allFinite(next),
        rig,
        `the next state "${name}" to be finite`,
        'numbers that are not finite',
      )
    }
    if (rig.definition.remembers) continue
    const kept = trial.forward(given, 'infer').made[name]
    demand(
      kept === undefined || sameBytes({ [name]: before }, { [name]: kept }),
      rig,
      `the state "${name}" to stay unchanged in inference`,
      'another one',
    )
  }
}
