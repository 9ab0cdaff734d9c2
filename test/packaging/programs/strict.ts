/** The same in strict TypeScript, with a node of its own and a name from each door. */
import type { Bridge, RunState } from 'gradstream'
import {
  compile,
  createTrainer,
  defineNode,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  openBridge,
  sgd,
} from 'gradstream'
import { type BridgeClient, connectBridge } from 'gradstream/client'
import { lossCurve } from 'gradstream/terminal'
import { checkNode } from 'gradstream/testing'
import { map } from 'rxjs'

const twice = defineNode({
  type: 'twice',
  config: ({ factor = 2 }: { factor?: number } = {}) => ({ factor }),
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward: ({ x }, { factor }, { kernels }) => ({ y: kernels.scale(x, factor) }),
  backward: ({ y }, _, { factor }, { kernels }) => ({ x: kernels.scale(y, factor) }),
})

const x = input({ name: 'x', shape: [1] })
const target = input({ name: 'target', shape: [1] })
const prediction = x.pipe(dense({ units: 1 }), twice())
const loss = meanSquaredError()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.05 })) })
const model = compile(net, { seed: 1, nodes: [twice] })
const data = fromArrays({ x: [[0], [1], [2]], target: [[1], [3], [5]] })
const trainer = createTrainer(model, { data, epochs: 30, seed: 1 })
let norms = 0
const norm$ = model.node('dense1').backward$.pipe(map(({ tensor }) => tensor.norm()))
norm$.subscribe((norm: number) => {
  norms += norm > 0 ? 1 : 0
})

export const open = (): Promise<Bridge> => openBridge(trainer)
export const connect = (address: string): BridgeClient => connectBridge(address)
// @ts-expect-error: a number of units is a number
export const wrong = () => dense({ units: 'eight' })

trainer.run().then(({ status, history, metrics }: RunState) => {
  checkNode({ type: 'twice', config: {} }, { inputs: { x: [3, 4] }, seed: 1, nodes: [twice] })
  const first = history[0]?.metrics.loss
  const drawn = lossCurve(history).length > 0
  console.log(JSON.stringify({ status, first, last: metrics.loss, norms, drawn }))
})
