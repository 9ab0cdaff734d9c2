/** Defines a custom node, checks it, and trains a network that uses it. */
import {
  compile,
  createTrainer,
  defineNode,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  sgd,
} from 'gradstream'
import { checkNode } from 'gradstream/testing'

/** y = x · sigmoid(beta · x). Ramachandran, Zoph and Le, "Searching for Activation Functions" (2017). */
const swish = defineNode({
  type: 'swish',
  config: ({ beta = 1 }: { beta?: number } = {}) => ({ beta }),
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  // The gradient is derived from it.
  forward: ({ x }, { beta }, { kernels: k }) => ({ y: k.mul(x, k.sigmoid(k.scale(x, beta))) }),
  // It does nothing but ask kernels, so that steps can be replayed without it.
  replayable: true,
})

// Throws at the first failed check: a wrong derivative, a changed argument, a missing gradient, ...
checkNode({ type: 'swish', config: { beta: 2 } }, { inputs: { x: [3, 4] }, seed: 7, nodes: [swish] })
console.log('swish passes all checks')

// 200 points of a sine wave.
const times = Array.from({ length: 200 }, (_, i) => i / 100 - 1)
const data = fromArrays({ x: times.map(t => [t]), target: times.map(t => [Math.sin(5 * t)]) })

const x = input({ name: 'x', shape: [1] })
const target = input({ name: 'target', shape: [1] })
const hidden = x.pipe(dense({ units: 16 }), swish({ beta: 2 }), dense({ units: 16 }), swish())
const prediction = hidden.pipe(dense({ units: 1 }))
const loss = meanSquaredError()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.05, momentum: 0.9 })) })

const model = compile(net, { nodes: [swish] })
const { metrics } = await createTrainer(model, { data, epochs: 200, metrics: ['r2'] }).run()
console.log(`R2 ${metrics.r2?.toFixed(4)} on sin(5t), with swish between the layers`)
