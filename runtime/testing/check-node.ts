/** `checkNode`: the laws that every node keeps. */
import {
  ACTIVATIONS,
  fitsShape,
  type Gradients,
  isSameJson,
  type NodeDef,
  type Shape,
  sameShape,
  showShape,
  Tensor,
  type TensorJson,
  type Tensors,
} from '../../core/index.ts'
import type { NodeRig, NodeUnderTest } from './rig.ts'
import { broken, demand, json, Trial } from './trial.ts'

export interface CheckOptions {
  /** For each input the shape of random values, the batch axis first, or the values themselves. */
  readonly inputs: Readonly<Record<string, Shape | TensorJson>>
  readonly seed?: number
  /** Definitions of custom nodes. */
  readonly nodes?: readonly NodeDef[]
}

/** The step of the central differences, and how far they may be from the gradient: absolute, and relative. */
const STEP = 1e-6
const ABSOLUTE = 1e-5
const RELATIVE = 1e-3
/** How far float32 may be from float64, relative to the largest entry of a tensor. */
const FLOAT32 = 2e-5
/** How far an activation may be from that of the kernels, relative to the largest entry. */
const ACTIVATED = 1e-12
/** How many entries of a tensor are compared with differences. */
const ENTRIES = 64

/**
 * Checks one node by itself, on random values, and throws on the first broken law:
 *
 * - its config is the same when it goes in again, and when it has been JSON;
 * - the shapes that it announces are those that it computes;
 * - it is pure: the same arguments give the same bytes, and no argument is changed;
 * - backward gives a gradient of the right shape for each differentiable input and each parameter;
 * - these are the derivatives of forward, by central differences in float64;
 * - backward is linear in the output gradient, and leaving out what is not needed changes nothing else;
 * - float32 agrees with float64; inference gives finite numbers;
 * - an `activation` is what it says, and its backward does without the input; a layer that `appliesActivation` does.
 *
 * @throws GradstreamError `NODE_LAW_BROKEN`
 * @example checkNode({ type: 'swish', config: { beta: 2 } }, { inputs: { x: [3, 4] }, seed: 7, nodes: [swish] })
 */
export function checkNode(node: NodeUnderTest, { inputs, seed = 0, nodes = [] }: CheckOptions): void {
  const exact = new Trial(node, 'float64', inputs, seed, nodes)
  checkConfig(exact.rig)
  checkShapes(exact)
  checkPurity(exact)
  checkGradients(exact)
  checkDerivatives(exact)
  checkLinearity(exact)
  checkNeeds(exact)
  checkFloat32(exact, new Trial(node, 'float32', inputs, seed, nodes))
  checkActivation(exact)
  const inferred = exact.rig.forward(exact.given, 'infer').values
  for (const name of exact.rig.definition.outputs) {
    demand(
      exact.rig.kernels.allFinite(inferred[name] as Tensor),
      exact.rig,
      `finite "${name}" in inference`,
      'others',
    )
  }
}

function checkConfig({ definition, config, type }: NodeRig): void {
  const again = definition.config(config)
  const parsed = JSON.parse(JSON.stringify(config))
  for (const [what, other] of [
    ['goes in again', again],
    ['has been JSON', parsed],
  ] as const) {
    if (isSameJson(config, other)) continue
    throw broken(
      type,
      `a config that stays the same when it ${what}, ${JSON.stringify(config)}`,
      JSON.stringify(other),
    )
  }
}

function checkShapes(trial: Trial): void {
  const { rig, given } = trial
  const inputs = Object.fromEntries(Object.entries(given).filter(([name]) => isInput(rig, name)))
  const announced = rig.shapes(rig.ports(inputs))
  const { values } = trial.forward()
  for (const name of rig.definition.outputs) {
    const { shape } = trial.made(values, name)
    const port = announced[name]
    const text = port ? showShape(port) : 'none'
    demand(
      port !== undefined && fitsShape(shape, port),
      rig,
      `"${name}" with the announced shape ${text}`,
      showShape(shape),
    )
  }
  for (const name of rig.definition.saved) trial.made(values, name)
}

function isInput({ definition }: NodeRig, name: string): boolean {
  return definition.inputs.includes(name) || (definition.variadic && !definition.outputs.includes(name))
}

function checkPurity(trial: Trial): void {
  const { rig } = trial
  const first = snapshot(trial.forward().values)
  const gradients = snapshot(trial.backward())
  demand(
    sameBytes(first, snapshot(trial.forward().values)),
    rig,
    'forward to give the same bytes twice',
    'others',
  )
  demand(
    sameBytes(gradients, snapshot(trial.backward())),
    rig,
    'backward to give the same bytes twice',
    'others',
  )
  demand(sameBytes(trial.drawn, trial.given), rig, 'arguments that stay as they are', 'changed ones')
  const { values } = trial.forward()
  const outputs = snapshot(values)
  rig.backward(trial.outputGradients, values, 'train')
  demand(sameBytes(outputs, snapshot(values)), rig, 'backward to leave values as they are', 'changed ones')
}

function checkGradients(trial: Trial): void {
  const gradients = trial.backward()
  for (const name of trial.differentiable) {
    const gradient = gradients[name]
    const { shape } = trial.given[name] as Tensor
    if (!(gradient instanceof Tensor)) {
      throw broken(trial.rig.type, `a gradient for "${name}"`, String(gradient))
    }
    demand(
      sameShape(gradient.shape, shape),
      trial.rig,
      `a gradient for "${name}" of shape ${showShape(shape)}`,
      showShape(gradient.shape),
    )
  }
}

function checkDerivatives(trial: Trial): void {
  const gradients = trial.backward()
  for (const name of trial.differentiable) {
    const original = trial.given[name] as Tensor
    const gradient = gradients[name] as Tensor
    const stride = Math.max(1, Math.ceil(original.size / ENTRIES))
    for (let i = 0; i < original.size; i += stride) {
      const at = (offset: number) => {
        const moved = original.clone()
        moved.data[i] = (moved.data[i] as number) + offset
        return trial.objective({ ...trial.given, [name]: moved })
      }
      const numeric = (at(STEP) - at(-STEP)) / (2 * STEP)
      const analytic = gradient.data[i] as number
      if (Math.abs(analytic - numeric) <= ABSOLUTE + RELATIVE * Math.abs(numeric)) continue
      throw broken(
        trial.rig.type,
        `the derivative ${numeric} at entry ${i} of "${name}"`,
        `the gradient ${analytic}`,
      )
    }
  }
}

function checkLinearity(trial: Trial): void {
  const { rig, outputGradients } = trial
  const single = trial.backward()
  const doubled = trial.backward(
    rig.tensors(
      Object.fromEntries(
        Object.entries(outputGradients).map(([name, { shape, data }]) => [
          name,
          json(
            shape,
            data.map(dy => 2 * dy),
          ),
        ]),
      ),
    ),
  )
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

function checkNeeds(trial: Trial): void {
  const all = trial.backward()
  for (const left of trial.differentiable) {
    const some = trial.backward(trial.outputGradients, { [left]: false })
    for (const name of trial.differentiable) {
      if (name === left) continue
      const same = some[name] instanceof Tensor && sameBytes({ a: some[name] }, { a: all[name] as Tensor })
      demand(same, trial.rig, `the gradient of "${name}" when "${left}" needs none`, 'another')
    }
  }
}

function checkFloat32(exact: Trial, single: Trial): void {
  const wanted = { ...snapshot(exact.forward().values), ...exact.backward() }
  const got = { ...snapshot(single.forward().values), ...single.backward() }
  for (const name of [...exact.rig.definition.outputs, ...exact.differentiable]) {
    const worst = distance((got[name] as Tensor).data, (wanted[name] as Tensor).data)
    demand(
      worst <= FLOAT32,
      exact.rig,
      `"${name}" in float32 to be within ${FLOAT32} of float64`,
      `off by ${worst}`,
    )
  }
}

function checkActivation(trial: Trial): void {
  const { rig, given } = trial
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
    const hidden = rig.backward(trial.outputGradients, { ...given, [output]: copy, [input]: copy }, 'train')
    compare(hidden[input] as Tensor, usual, `backward to do without "${input}", since it is an activation`)
  }
  if (appliesActivation) {
    const copy = plain.clone()
    for (const name of ACTIVATIONS) {
      rig.kernels.lend(rig.kernels.lease())
      const wanted = rig.kernels[name](copy).clone()
      const { values } = rig.forward(given, 'train', 0, name)
      compare(values[output] as Tensor, wanted, `forward to apply ${name}, since it appliesActivation`)
    }
  }
}

/** The largest difference, relative to the largest entry (at least 1). */
function distance(got: Tensor['data'], expected: Tensor['data']): number {
  let largest = 1
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i] as number))
    const difference = Math.abs((got[i] as number) - (expected[i] as number))
    if (!(difference <= worst)) worst = difference
  }
  return worst / largest
}

function snapshot(tensors: Gradients): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      tensor instanceof Tensor ? [[name, tensor.clone()]] : [],
    ),
  )
}

function sameBytes(a: Tensors, b: Tensors): boolean {
  return Object.keys(a).every(name => {
    const left = (a[name] as Tensor).data
    const right = b[name]?.data
    return right !== undefined && left.every((value, i) => Object.is(value, right[i]))
  })
}
