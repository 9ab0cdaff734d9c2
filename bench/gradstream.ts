/** gradstream as users get it, from `dist/`, and a trainer for a benchmark network. */
import type { CompileOptions, Model, Port, Trainer, TrainerOptions } from 'gradstream'
import { LAYERED, type LayeredName } from './layered.ts'
import { inputsOf, LEARNING_RATE, layersOf, type Net, outputsOf, samplesOf } from './nets.ts'

// Not the sources: tsx, which runs the benchmarks, compiles them differently.
const built = (file: string) => import(new URL(`../dist/${file}`, import.meta.url).href)

export const gradstream: typeof import('gradstream') = await built('index.js')
export const inside: typeof import('./inside.ts') = await built('bench/inside.js')
export const { engineOf } = inside

export type KernelsName = 'auto' | 'blas' | 'wasm' | 'reference'

/** More epochs than any measurement needs. */
export const ENDLESS = 1e9

/** The fast kernels that run here; if there are none, the reference kernels. */
export function fastKernels(): KernelsName[] {
  const fast = (['blas', 'wasm'] as const).filter(runs)
  return fast.length > 0 ? fast : ['reference']
}

function runs(kernels: KernelsName): boolean {
  const { compile, dense, graph, input } = gradstream
  try {
    compile(graph({ y: dense({ units: 1 })(input({ name: 'x', shape: [1] })) }), { kernels })
    return true
  } catch {
    return false
  }
}

/** A trainer for a benchmark network on arrays, with the usual defaults: shuffled, in slices. */
export function trainerOf(
  net: Net,
  options: CompileOptions,
  settings: Partial<TrainerOptions> = {},
): { model: Model; trainer: Trainer } {
  const { compile, createTrainer, fromArrays, graph, input, sgd } = gradstream
  const { binaryCrossentropy, categoricalCrossentropy, dense, relu, sigmoid } = gradstream
  const [first, last] = [inputsOf(net), outputsOf(net)]
  let y: Port = input({ name: 'x', shape: [first] })
  const layers = layersOf(net)
  layers.forEach(({ outputs }, i) => {
    y = dense({ units: outputs })(y)
    if (i < layers.length - 1) y = relu()(y)
  })
  const target = input({ name: 'target', shape: [last] })
  const loss =
    net.loss === 'binary'
      ? binaryCrossentropy()(sigmoid()(y), target)
      : categoricalCrossentropy({ fromLogits: true })(y, target)
  const model = compile(graph({ loss, update: loss.pipe(sgd({ learningRate: LEARNING_RATE })) }), {
    seed: 7,
    ...options,
  })
  const { rows, ...samples } = samplesOf(net)
  const data = fromArrays({
    x: { shape: [rows, first], data: samples.x },
    target: { shape: [rows, last], data: samples.target },
  })
  const trainer = createTrainer(model, { data, batchSize: net.batch, epochs: ENDLESS, ...settings })
  return { model, trainer }
}

/** A trainer for a network of other layers. */
export function layeredTrainerOf(name: LayeredName, options: CompileOptions): Trainer {
  const { compile, createTrainer, fromArrays } = gradstream
  const { batch, graph, samples } = LAYERED[name]
  const model = compile(graph(gradstream), { seed: 7, ...options })
  return createTrainer(model, { data: fromArrays({ ...samples() }), batchSize: batch, epochs: ENDLESS })
}
