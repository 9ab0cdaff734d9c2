/** jax-js as a contestant, on its WebAssembly backend: the whole update step is one jitted function. */
import { readFileSync } from 'node:fs'
import type { LayeredName } from '../layered.ts'
import { batchesOf, inputsOf, kernelOf, LEARNING_RATE, layersOf, netOf, outputsOf } from '../nets.ts'
import { serve } from '../protocol.ts'
import { layeredTrainOf } from './jax-layered.ts'

/** Its arrays: every use of an array consumes it, and `ref` adds one use. */
interface Value {
  readonly ref: Value
  add(other: Value): Value
  sub(other: Value): Value
  mul(other: Value | number): Value
  mean(): Value
  sum(): Value
  dispose(): void
}
type Layers = { kernel: Value; bias: Value }[]

await serve(async () => {
  const jax = await import('@jax-js/jax')
  const { blockUntilReady, defaultDevice, init, jit, nn, numpy, tree, valueAndGrad } = jax
  await init('wasm')
  defaultDevice('wasm')
  const manifest = new URL('../node_modules/@jax-js/jax/package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
  const array = (data: Float32Array, shape: readonly number[]): Value => numpy.array(data).reshape(shape)
  return {
    versions: { '@jax-js/jax': version },
    prepare(name) {
      const net = netOf(name)
      if (!net) return layeredTrainOf(jax, name as LayeredName)
      let layers: Layers = layersOf(net).map(({ inputs, outputs }) => ({
        kernel: array(kernelOf(inputs, outputs), [inputs, outputs]),
        bias: numpy.zeros([outputs]),
      }))
      const batches = batchesOf(net).map(({ x, target }) => ({
        x: array(x, [net.batch, inputsOf(net)]),
        target: array(target, [net.batch, outputsOf(net)]),
      }))
      const predict = (model: Layers, x: Value) =>
        model.reduce((y, { kernel, bias }, i) => {
          const z = numpy.matmul(y, kernel).add(bias)
          return i < model.length - 1 ? nn.relu(z) : z
        }, x)
      // From logits in both cases: the same result as sigmoid followed by the loss, with fewer operations.
      const binary = (z: Value, target: Value) => nn.softplus(z.ref).sub(z.mul(target)).mean()
      const categorical = (z: Value, target: Value) =>
        nn
          .logSoftmax(z)
          .mul(target)
          .sum()
          .mul(-1 / net.batch)
      const lossOf = net.loss === 'binary' ? binary : categorical
      const gradient = valueAndGrad((model: Layers, x: Value, t: Value) => lossOf(predict(model, x), t))
      const update = jit((model: Layers, x: Value, target: Value) => {
        const [loss, gradients] = gradient(tree.ref(model), x, target)
        return [tree.map((p: Value, g: Value) => p.sub(g.mul(LEARNING_RATE)), model, gradients), loss]
      })
      let step = 0
      return async steps => {
        for (let i = 0; i < steps; i++) {
          const { x, target } = batches[step++ % batches.length] as (typeof batches)[number]
          const [next, loss] = update(layers, x.ref, target.ref)
          layers = next
          loss.dispose()
          // In each step, as its documentation recommends: piled-up work makes a small net many times slower.
          await blockUntilReady(layers)
        }
      }
    },
  }
})
