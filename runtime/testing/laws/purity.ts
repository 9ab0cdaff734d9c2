/** A node is pure: its results depend only on its arguments and its key, and it changes none of them. */
import { RandomKey } from '../../../core/index.ts'
import { demand, type Trial } from '../trial.ts'
import { sameBytes, snapshot } from './tensors.ts'

export function checkPurity(trial: Trial): void {
  checkRepetition(trial)
  checkArguments(trial)
  checkIdentity(trial)
  checkRandom(trial)
}

function checkRepetition(trial: Trial): void {
  for (const mode of ['train', 'infer'] as const) {
    const forward = () => snapshot(trial.forward(trial.given, mode).made)
    demand(
      sameBytes(forward(), forward()),
      trial.rig,
      'forward to return the same bytes twice',
      'different ones',
    )
  }
  const backward = () => snapshot(trial.backward())
  demand(
    sameBytes(backward(), backward()),
    trial.rig,
    'backward to return the same bytes twice',
    'different ones',
  )
}

function checkArguments(trial: Trial): void {
  const { rig, drawn, given, outputGradients } = trial
  const unchanged = () => demand(sameBytes(drawn, given), rig, 'arguments to stay unchanged', 'changed ones')
  trial.forward(given, 'infer')
  unchanged()
  const { values } = trial.forward()
  unchanged()
  const before = snapshot({ ...values, ...outputGradients })
  rig.backward(outputGradients, values, 'train', {}, trial.key)
  unchanged()
  const after = snapshot({ ...values, ...outputGradients })
  demand(sameBytes(before, after), rig, 'backward to leave values unchanged', 'changed ones')
}

/** The engine lends the same tensors in every step, with new numbers. */
function checkIdentity(trial: Trial): void {
  const { rig, given, key } = trial
  const lent = snapshot(given)
  rig.forward(lent, 'train', key)
  for (const { data } of Object.values(lent)) data.reverse()
  const here = snapshot(rig.forward(lent, 'train', key).made)
  const elsewhere = snapshot(rig.forward(snapshot(lent), 'train', key).made)
  demand(
    sameBytes(elsewhere, here),
    rig,
    'forward to use the numbers of a tensor, not its identity',
    'the earlier result',
  )
}

/** The same key gives the same numbers, whatever another node of the type draws in between. */
function checkRandom(trial: Trial): void {
  const { rig, given, outputGradients, key } = trial
  const other = RandomKey.of(0).child('another node')
  const first = snapshot(trial.forward().made)
  const gradients = snapshot(trial.backward())

  rig.forward(given, 'train', other)
  const again = snapshot(trial.forward().made)
  demand(sameBytes(first, again), rig, 'forward to return the same bytes with the same key', 'different ones')

  const values = snapshot(trial.forward().values)
  rig.forward(given, 'train', other)
  const made = snapshot(rig.backward(outputGradients, values, 'train', {}, key))
  demand(
    sameBytes(gradients, made),
    rig,
    'backward to use the forward pass with the same key, whatever other nodes compute in between',
    'other gradients',
  )
}
