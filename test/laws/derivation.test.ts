/** The closed forms of docs/mathematics.md, found on the streams of networks that train. */
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  compile,
  createTrainer,
  dense,
  type Frame,
  fromArrays,
  graph,
  input,
  linear,
  type Model,
  meanSquaredError,
  type Parameter,
  type Port,
  RandomKey,
  relu,
  sgd,
  sigmoid,
  softmax,
  type Tensor,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import {
  both,
  classification,
  derive,
  type Ending,
  each,
  type Matrix,
  manyClasses,
  matrix,
  type ParameterName,
  type Parameters,
  regression,
} from './derivation.ts'

const TOLERANCE = 1e-12
const EPOCHS = 4

interface Network {
  readonly name: string
  readonly ending: Ending
  /** The names that the last two nodes of the forward pass get. */
  readonly output: string
  readonly loss: string
  /** The width of the output. */
  readonly units: number
  readonly momentum: number
  finish(Z3: Port, target: Port): { prediction: Port<'value'>; loss: Port<'loss'> }
  /** A target from 32 random bits. */
  target(bits: number, unit: number): number
}

const networks: Network[] = [
  {
    name: 'the classification network',
    ending: classification,
    output: 'sigmoid1',
    loss: 'binaryCrossentropy1',
    units: 1,
    momentum: 0,
    finish(Z3, target) {
      const prediction = Z3.pipe(sigmoid())
      return { prediction, loss: binaryCrossentropy()(prediction, target) }
    },
    target: bits => bits & 1,
  },
  {
    name: 'the regression network',
    ending: regression,
    output: 'linear1',
    loss: 'meanSquaredError1',
    units: 1,
    momentum: 0,
    finish(Z3, target) {
      const prediction = Z3.pipe(linear())
      return { prediction, loss: meanSquaredError()(prediction, target) }
    },
    target: bits => bits / 2 ** 30 - 2,
  },
  {
    name: 'the softmax network',
    ending: manyClasses,
    output: 'softmax1',
    loss: 'categoricalCrossentropy1',
    units: 3,
    momentum: 0.9,
    finish(Z3, target) {
      const prediction = Z3.pipe(softmax())
      return { prediction, loss: categoricalCrossentropy()(prediction, target) }
    },
    target: (bits, unit) => (bits % 3 === unit ? 1 : 0),
  },
]

const cases = [
  { seed: 1, samples: 1, batchSize: 1, features: 3, hidden: [4, 4], learningRate: 0.1 },
  { seed: 2, samples: 5, batchSize: 1, features: 1, hidden: [7, 3], learningRate: 0.05 },
  { seed: 3, samples: 7, batchSize: 3, features: 5, hidden: [9, 11], learningRate: 0.2 },
  { seed: 4, samples: 13, batchSize: 13, features: 2, hidden: [17, 1], learningRate: 0.01 },
  { seed: 5, samples: 33, batchSize: 8, features: 13, hidden: [16, 16], learningRate: 0.1 },
] as const

// --- where each quantity can be seen ----------------------------------------------------------------------------

const valuesAt = ({ output, loss }: Network) => ({
  X: 'x',
  y: 'target',
  Z1: 'dense1',
  A1: 'relu1',
  Z2: 'dense2',
  A2: 'relu2',
  Z3: 'dense3',
  A3: output,
  J: loss,
})

const gradientsAt = ({ output }: Network) => ({
  dA3: output,
  dZ3: 'dense3',
  dA2: 'relu2',
  dZ2: 'dense2',
  dA1: 'relu1',
  dZ1: 'dense1',
  dX: 'x',
})

const parametersAt: Readonly<Record<ParameterName, readonly [node: string, parameter: string]>> = {
  W1: ['dense1', 'kernel'],
  b1: ['dense1', 'bias'],
  W2: ['dense2', 'kernel'],
  b2: ['dense2', 'bias'],
  W3: ['dense3', 'kernel'],
  b3: ['dense3', 'bias'],
}
const parameterNames = Object.keys(parametersAt) as ParameterName[]

const forEachParameter = (make: (name: ParameterName) => Matrix) =>
  Object.fromEntries(parameterNames.map(name => [name, make(name)])) as Parameters

function parameterOf(model: Model, name: ParameterName): Parameter {
  const [node, own] = parametersAt[name]
  return model.node(node).parameters[own] as Parameter
}

/** Listens to every stream that the derivation speaks of; the result gets one record for each step. */
function listen(model: Model, network: Network): Record<string, Tensor>[] {
  const steps: Record<string, Tensor>[] = []
  const keep =
    (name: string) =>
    ({ step, tensor }: Frame) => {
      steps[step - 1] = { ...steps[step - 1], [name]: tensor.clone() }
    }
  for (const [name, id] of Object.entries(valuesAt(network))) model.node(id).forward$.subscribe(keep(name))
  for (const [name, id] of Object.entries(gradientsAt(network)))
    model.node(id).backward$.subscribe(keep(name))
  for (const name of parameterNames) {
    const { gradient$, update$ } = parameterOf(model, name)
    gradient$.subscribe(keep(`gradient of ${name}`))
    update$.subscribe(keep(`update of ${name}`))
  }
  return steps
}

// --- comparing --------------------------------------------------------------------------------------------------

const largest = ({ data }: { data: Tensor['data'] }) => Math.max(...data.map(Math.abs))

/** A vector is a matrix of one row, and a number one of one entry. */
function asMatrix({ shape, data }: Tensor): Matrix {
  const [rows, columns] = [1, 1, ...shape].slice(-2) as [number, number]
  return matrix(rows, columns, (i, j) => data[i * columns + j] as number)
}

/** Equal to 1e-12, absolutely and relative to the largest entry: of what is expected, or as said. */
function expectEqual(what: string, got: Tensor | undefined, expected: Matrix, scale = largest(expected)) {
  if (!got) throw new Error(`${what} did not come`)
  const shown = asMatrix(got)
  expect([shown.rows, shown.columns], what).toEqual([expected.rows, expected.columns])
  const off = largest(both(shown, expected, (a, b) => a - b))
  expect(off, what).toBeLessThanOrEqual(TOLERANCE * Math.min(1, scale))
}

// --- the laws ---------------------------------------------------------------------------------------------------

type Case = (typeof cases)[number]

function modelOf(network: Network, { seed, features, hidden, learningRate }: Case): Model {
  const { units, momentum } = network
  const x = input({ name: 'x', shape: [features] })
  const target = input({ name: 'target', shape: [units] })
  const Z3 = x.pipe(
    dense({ units: hidden[0] }),
    relu(),
    dense({ units: hidden[1] }),
    relu(),
    dense({ units }),
  )
  const { prediction, loss } = network.finish(Z3, target)
  const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate, momentum })) })
  const model = compile(net, { seed, precision: 'float64' })
  // Biases begin at 0, where a forgotten bias would not be missed.
  for (const name of ['b1', 'b2', 'b3'] as const) {
    const bias = parameterOf(model, name)
    const data = RandomKey.of(seed)
      .child(name)
      .uniform(bias.shape[0] as number, -0.5, 0.5)
    bias.assign({ shape: bias.shape, data })
  }
  return model
}

function samplesOf({ units, target }: Network, { seed, samples, features }: Case) {
  const draws = RandomKey.of(seed)
    .child('x')
    .normal(samples * features)
  const bits = RandomKey.of(seed).child('target').bits(samples)
  return {
    X: matrix(samples, features, (i, j) => draws[i * features + j] as number),
    y: matrix(samples, units, (i, j) => target(bits[i] as number, j)),
  }
}

const column = ({ rows, columns, data }: Matrix) => ({ shape: [rows, columns], data })

describe.each(networks)('the streams of $name', network => {
  test.each(cases)('show the closed forms: $samples samples in batches of $batchSize', async known => {
    const { samples, batchSize, learningRate } = known
    const model = modelOf(network, known)
    const { X, y } = samplesOf(network, known)
    let parameters = forEachParameter(name => asMatrix(parameterOf(model, name).value))
    let velocities = forEachParameter(name => each(parameters[name], () => 0))

    const steps = listen(model, network)
    const data = fromArrays({ x: column(X), target: column(y) })
    await createTrainer(model, { data, epochs: EPOCHS, batchSize, shuffle: false }).run()

    const stepsPerEpoch = Math.ceil(samples / batchSize)
    expect(steps).toHaveLength(EPOCHS * stepsPerEpoch)
    steps.forEach((shown, step) => {
      const start = (step % stepsPerEpoch) * batchSize
      const size = Math.min(batchSize, samples - start)
      const batch = (all: Matrix) => matrix(size, all.columns, (i, j) => all.at(start + i, j))
      const derived = derive(network.ending, parameters, batch(X), batch(y))
      for (const [name, expected] of Object.entries({ ...derived.values, ...derived.gradients })) {
        expectEqual(`${name} in step ${step + 1}`, shown[name], expected)
      }
      // V := μ V + dW, W := W - α V, which without momentum is W := W - α dW.
      const { momentum } = network
      velocities = forEachParameter(name =>
        both(velocities[name], derived.parameterGradients[name], (v, d) => momentum * v + d),
      )
      for (const name of parameterNames) {
        const change = each(velocities[name], v => -learningRate * v)
        const where = `${name} in step ${step + 1}`
        expectEqual(`gradient of ${where}`, shown[`gradient of ${name}`], derived.parameterGradients[name])
        // A change is the difference of two values of W, so it is as precise as W is.
        expectEqual(`update of ${where}`, shown[`update of ${name}`], change, largest(parameters[name]))
      }
      parameters = forEachParameter(name =>
        both(parameters[name], velocities[name], (w, v) => w - learningRate * v),
      )
    })
    for (const name of parameterNames) {
      expectEqual(`${name} in the end`, parameterOf(model, name).value, parameters[name])
    }
    model.dispose()
  })
})
