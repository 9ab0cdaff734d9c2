/** Backward returns the derivatives of forward. */
import { entryOf, sameShape, showShape, Tensor } from '../../../core/index.ts'
import { broken, demand, json, type Trial } from '../trial.ts'
import { distance, sameBytes } from './tensors.ts'

/** The step of the central differences, and their tolerance: absolute and relative. */
const STEP = 1e-6
const ABSOLUTE = 1e-5
const RELATIVE = 1e-3
/** How many single entries of a tensor are compared with differences, and how many directions through all of them. */
const ENTRIES = 12
const DIRECTIONS = 2

export function checkGradients(trial: Trial): void {
  checkForm(trial)
  checkDerivatives(trial)
  checkLinearity(trial)
  checkNeeds(trial)
}

function checkForm(trial: Trial): void {
  const gradients = trial.backward()
  for (const name of trial.differentiable) {
    const gradient = entryOf(gradients, name)
    const { shape } = trial.given[name] as Tensor
    if (!(gradient instanceof Tensor))
      throw broken(trial.rig.type, `a gradient for "${name}"`, String(gradient))
    demand(
      sameShape(gradient.shape, shape),
      trial.rig,
      `a gradient for "${name}" of shape ${showShape(shape)}`,
      showShape(gradient.shape),
    )
  }
}

/**
 * Along the axes of some entries, and along random directions in which every entry moves by one step up or down, so that a
 * gradient that is wrong in any place is seen.
 */
function checkDerivatives(trial: Trial): void {
  const gradients = trial.backward()
  for (const name of trial.differentiable) {
    const original = trial.given[name] as Tensor
    const gradient = gradients[name] as Tensor
    const check = (direction: ArrayLike<number>, where: string) => {
      const at = (offset: number) => {
        const moved = original.clone()
        for (let i = 0; i < moved.size; i++)
          moved.data[i] = (moved.data[i] as number) + offset * (direction[i] as number)
        return trial.objective({ ...trial.given, [name]: moved })
      }
      const numeric = (at(STEP) - at(-STEP)) / (2 * STEP)
      let analytic = 0
      for (let i = 0; i < gradient.size; i++)
        analytic += (gradient.data[i] as number) * (direction[i] as number)
      if (Math.abs(analytic - numeric) <= ABSOLUTE + RELATIVE * Math.abs(numeric)) return
      throw broken(
        trial.rig.type,
        `the derivative ${numeric} ${where} of "${name}"`,
        `the gradient ${analytic}`,
      )
    }
    const stride = Math.max(1, Math.ceil(original.size / ENTRIES))
    for (let i = 0; i < original.size; i += stride) {
      const axis = new Float64Array(original.size)
      axis[i] = 1
      check(axis, `at entry ${i}`)
    }
    if (stride === 1) continue
    for (let d = 0; d < DIRECTIONS; d++) {
      const random = trial.key.child(`direction ${d} of ${name}`).uniform(original.size, -1, 1)
      check(random.map(Math.sign), `along direction ${d}`)
    }
  }
}

function checkLinearity(trial: Trial): void {
  const { rig, outputGradients } = trial
  const single = trial.backward()
  const twice = Object.entries(outputGradients).map(([name, { shape, data }]) => [
    name,
    json(
      shape,
      data.map(dy => 2 * dy),
    ),
  ])
  const doubled = trial.backward(rig.tensors(Object.fromEntries(twice)))
  for (const name of trial.differentiable) {
    const expected = (single[name] as Tensor).data.map(value => 2 * value)
    const worst = distance((doubled[name] as Tensor).data, expected)
    demand(
      worst <= 1e-12,
      rig,
      `the gradient of "${name}" to double with the output gradient`,
      `off by ${worst}`,
    )
  }
}

/** Leaving out unneeded gradients changes no others. */
function checkNeeds(trial: Trial): void {
  const all = trial.backward()
  for (const left of trial.differentiable) {
    const some = trial.backward(trial.outputGradients, { [left]: false })
    for (const name of trial.differentiable) {
      if (name === left) continue
      const same = some[name] instanceof Tensor && sameBytes({ a: some[name] }, { a: all[name] as Tensor })
      demand(same, trial.rig, `the gradient of "${name}" when "${left}" needs none`, 'a different one')
    }
  }
}
