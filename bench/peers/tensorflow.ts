/** TensorFlow.js as a contestant. Argument: the backend, `wasm` or `cpu`. */
import { createRequire } from 'node:module'
import { batchesOf, demandNet, inputsOf, kernelOf, LEARNING_RATE, layersOf, outputsOf } from '../nets.ts'
import { serve } from '../protocol.ts'

const [backend = 'wasm'] = process.argv.slice(2)

await serve(async () => {
  const tf = await import('@tensorflow/tfjs')
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm')
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend "${backend}" here`)
  const { version } = createRequire(import.meta.url)('@tensorflow/tfjs/package.json')
  return {
    versions: { '@tensorflow/tfjs': version },
    prepare(name) {
      const net = demandNet(name)
      const layers = layersOf(net).map(({ inputs, outputs }) => ({
        kernel: tf.variable(tf.tensor2d(kernelOf(inputs, outputs), [inputs, outputs])),
        bias: tf.variable(tf.zeros([outputs])),
      }))
      const batches = batchesOf(net).map(({ x, target }) => ({
        x: tf.tensor2d(x, [net.batch, inputsOf(net)]),
        target: tf.tensor2d(target, [net.batch, outputsOf(net)]),
      }))
      const optimizer = tf.train.sgd(LEARNING_RATE)
      // From logits in both cases: the same result as sigmoid followed by the loss, with fewer operations.
      const { sigmoidCrossEntropy, softmaxCrossEntropy } = tf.losses
      const loss = net.loss === 'binary' ? sigmoidCrossEntropy : softmaxCrossEntropy
      let step = 0
      return async steps => {
        for (let i = 0; i < steps; i++) {
          const { x, target } = batches[step++ % batches.length] as (typeof batches)[number]
          // minimize frees what it allocates.
          optimizer.minimize(() => {
            let y = x
            layers.forEach(({ kernel, bias }, j) => {
              y = tf.add(tf.matMul(y, kernel), bias)
              if (j < layers.length - 1) y = tf.relu(y)
            })
            return loss(target, y)
          })
        }
        // Both backends compute synchronously; reading a number makes sure.
        await layers[0]?.bias.data()
      }
    },
  }
})
