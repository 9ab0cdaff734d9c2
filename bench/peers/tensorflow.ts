/** TensorFlow.js as a contestant. Argument: the backend, `wasm` or `cpu`. */
import { createRequire } from 'node:module'
import type { LayeredName } from '../layered.ts'
import {
  batchesOf,
  inputsOf,
  kernelOf,
  LEARNING_RATE,
  layersOf,
  type Net,
  netOf,
  outputsOf,
} from '../nets.ts'
import { serve } from '../protocol.ts'
import { type LayeredStep, layeredStepOf } from './tensorflow-layered.ts'

const [backend = 'wasm'] = process.argv.slice(2)

await serve(async () => {
  const tf = await import('@tensorflow/tfjs')
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm')
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend "${backend}" here`)
  const { version } = createRequire(import.meta.url)('@tensorflow/tfjs/package.json')
  return {
    versions: { '@tensorflow/tfjs': version },
    prepare(name) {
      const net = netOf(name)
      const { batches, loss } = net ? denseStepOf(tf, net) : layeredStepOf(tf, name as LayeredName)
      const optimizer = net ? tf.train.sgd(LEARNING_RATE) : tf.train.adam(0.001)
      let step = 0
      return async steps => {
        let last: { dataSync(): unknown; dispose(): void } | undefined
        for (let i = 0; i < steps; i++) {
          const { x, target } = batches[step++ % batches.length] as (typeof batches)[number]
          last?.dispose()
          // minimize frees what it allocates.
          last = optimizer.minimize(() => loss(x, target), true)
        }
        // Both backends compute synchronously; reading a number makes sure.
        last?.dataSync()
        last?.dispose()
      }
    },
  }
})

// biome-ignore lint/suspicious/noExplicitAny: the type check of the project runs without it
function denseStepOf(tf: any, net: Net): LayeredStep {
  const layers = layersOf(net).map(({ inputs, outputs }) => ({
    kernel: tf.variable(tf.tensor2d(kernelOf(inputs, outputs), [inputs, outputs])),
    bias: tf.variable(tf.zeros([outputs])),
  }))
  // From logits in both cases: the same result as sigmoid followed by the loss, with fewer operations.
  const { sigmoidCrossEntropy, softmaxCrossEntropy } = tf.losses
  const compare = net.loss === 'binary' ? sigmoidCrossEntropy : softmaxCrossEntropy
  return {
    batches: batchesOf(net).map(({ x, target }) => ({
      x: tf.tensor2d(x, [net.batch, inputsOf(net)]),
      target: tf.tensor2d(target, [net.batch, outputsOf(net)]),
    })),
    loss(x, target) {
      let y = x
      layers.forEach(({ kernel, bias }, j) => {
        y = tf.add(tf.matMul(y, kernel), bias)
        if (j < layers.length - 1) y = tf.relu(y)
      })
      return compare(target, y)
    },
  }
}
