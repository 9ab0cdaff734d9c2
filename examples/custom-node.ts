/** Writes a custom node, checks it against the laws of nodes, and trains a network with it. */
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
  saved: ['gate'],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, { beta }, { kernels: k }) {
    const gate = k.sigmoid(k.scale(x, beta))
    return { y: k.mul(x, gate), gate }
  },
  // y = x * gate, so dy/dx = gate + beta * y * (1 - gate)
  backward({ y: dy }, { y, gate }, { beta }, { kernels: k }) {
    return { x: k.mul(dy, k.add(gate, k.scale(k.mul(y, k.oneMinus(gate)), beta))) }
  },
})

// Throws on the first broken law: a wrong derivative, a changed argument, a forgotten gradient, ...
checkNode({ type: 'swish', config: { beta: 2 } }, { inputs: { x: [3, 4] }, seed: 7, nodes: [swish] })
console.log('swish keeps the laws of a node')

// A wave, to be learned from 200 points of it.
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
console.log(`R2 ${metrics.r2?.toFixed(4)} on sin(5t), learned with swish between the layers`)
