/**
 * Networks that `pytorch.py` has as well, under the same names, and tensors of every type. Run as a program, it writes the files `ours-*`:
 * npx tsx test/golden/saved/networks.ts && python3 test/golden/saved/pytorch.py
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  batchNormalization,
  compile,
  conv1d,
  conv1dTranspose,
  conv2d,
  dense,
  depthwiseConv2d,
  embedding,
  flatten,
  type GraphDef,
  globalAveragePooling1d,
  graph,
  gru,
  input,
  layerNormalization,
  lstm,
  maxPooling2d,
  RandomKey,
  relu,
  type Shape,
  type Storable,
  simpleRnn,
  softmax,
  tanh,
  writeSafetensors,
} from 'gradstream'

export interface Network {
  readonly net: GraphDef<'prediction'>
  /** Rows to predict from. */
  readonly x: { readonly shape: Shape; readonly data: Float32Array }
}

const key = RandomKey.of(15)
const normal = (name: string, ...shape: number[]) => {
  const size = shape.reduce((product, axis) => product * axis, 1)
  return { shape, data: Float32Array.from(key.child(name).normal(size)) }
}
const words = (name: string, count: number, ...shape: number[]) => {
  const { data } = normal(name, ...shape)
  return { shape, data: data.map(value => Math.floor(Math.abs(value) * 1000) % count) }
}
// PyTorch's.
const epsilon = 1e-5

export const networks: Readonly<Record<string, Network>> = {
  dense: {
    net: graph({
      prediction: input({ name: 'x', shape: [30] }).pipe(
        dense({ name: 'fc1', units: 64 }),
        batchNormalization({ name: 'bn', epsilon }),
        relu(),
        dense({ name: 'fc2', units: 17, useBias: false }),
        layerNormalization({ name: 'ln', epsilon }),
        tanh(),
        dense({ name: 'fc3', units: 3 }),
        softmax(),
      ),
    }),
    x: normal('dense', 50, 30),
  },
  convolutional: {
    net: graph({
      prediction: input({ name: 'x', shape: [12, 10, 3] }).pipe(
        conv2d({ name: 'conv1', filters: 8, kernelSize: [3, 2] }),
        batchNormalization({ name: 'bn', epsilon }),
        relu(),
        maxPooling2d({ poolSize: 2 }),
        conv2d({ name: 'conv2', filters: 6, kernelSize: 2, groups: 2 }),
        depthwiseConv2d({ name: 'conv3', kernelSize: 2, depthMultiplier: 2 }),
        flatten(),
        relu(),
        batchNormalization({ name: 'bn2', epsilon }),
        dense({ name: 'fc', units: 5 }),
        softmax(),
      ),
    }),
    x: normal('convolutional', 9, 12, 10, 3),
  },
  recurrent: {
    net: graph({
      prediction: input({ name: 'x', shape: [7] }).pipe(
        embedding({ name: 'embedding', inputDim: 11, outputDim: 6 }),
        lstm({ name: 'lstm', units: 9, returnSequences: true }),
        gru({ name: 'gru', units: 8, returnSequences: true }),
        simpleRnn({ name: 'rnn', units: 5, returnSequences: true }),
        flatten(),
        dense({ name: 'fc', units: 2 }),
      ),
    }),
    x: words('recurrent', 11, 13, 7),
  },
  signal: {
    net: graph({
      prediction: input({ name: 'x', shape: [20, 2] }).pipe(
        conv1d({ name: 'conv', filters: 7, kernelSize: 3, strides: 2 }),
        tanh(),
        conv1dTranspose({ name: 'up', filters: 4, kernelSize: 3, strides: 2 }),
        tanh(),
        conv1d({ name: 'conv2', filters: 5, kernelSize: 1 }),
        flatten(),
        dense({ name: 'fc', units: 4 }),
      ),
    }),
    x: normal('signal', 8, 20, 2),
  },
  pooled: {
    net: graph({
      prediction: input({ name: 'x', shape: [20, 2] }).pipe(
        conv1d({ name: 'conv', filters: 7, kernelSize: 3 }),
        globalAveragePooling1d(),
        dense({ name: 'fc', units: 4 }),
      ),
    }),
    x: normal('pooled', 8, 20, 2),
  },
}

/** Tensors of every type that a typed array has, of a few shapes and with names of all kinds. */
export const tensors: Readonly<Record<string, Storable>> = {
  'dense1.kernel': normal('kernel', 3, 4),
  scalar: { shape: [], data: Float64Array.of(Math.PI) },
  'nothing at all': { shape: [2, 0, 3], data: new Float32Array(0) },
  'I8 "quoted" \\ \n': { shape: [3], data: Int8Array.of(-128, 0, 127) },
  'U8 ünïcode 💧': { shape: [3], data: Uint8Array.of(0, 1, 255) },
  I16: { shape: [1, 2], data: Int16Array.of(-32768, 32767) },
  I32: { shape: [2, 1], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
  I64: { shape: [2], data: BigInt64Array.of(-(2n ** 53n) + 1n, 2n ** 53n - 1n) },
  'not finite': { shape: [4], data: Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -0, 1e-45) },
}

export const metadata = { format: 'pt', ünïcode: '💧 "quoted"', empty: '' }

/** What `pytorch.py` reads: all that a network has learned, and rows to predict from. */
export const fileOf = ({ net, x }: Network): Uint8Array => {
  const model = compile(net, { seed: 15, kernels: 'reference' })
  // Nothing is left at 0 or 1, where a mistake would not show.
  const learned = Object.entries(model.state()).filter(([name]) => name !== 'step')
  const moved = learned.map(([name, { shape, data }]) => {
    const noise = normal(name, ...shape).data
    const isVariance = name.endsWith('movingVariance')
    return [
      name,
      {
        shape,
        data: noise.map((each, i) => (isVariance ? 0.5 + each ** 2 : (data[i] as number) + 0.1 * each)),
      },
    ]
  })
  return writeSafetensors({ ...Object.fromEntries(moved), input: x })
}

const write = (name: string, bytes: Uint8Array) =>
  writeFileSync(new URL(`ours-${name}.safetensors`, import.meta.url), bytes)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  write('tensors', writeSafetensors(tensors, metadata))
  for (const [name, network] of Object.entries(networks)) write(name, fileOf(network))
}
