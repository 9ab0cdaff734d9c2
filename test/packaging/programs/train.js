/** An application in plain JavaScript: trains a small network, with a tap of its own copy of RxJS. */
import {
  compile,
  createTrainer,
  dense,
  graph,
  input,
  meanSquaredError,
  parseCsv,
  relu,
  sgd,
} from 'gradstream'
import { checkNode } from 'gradstream/testing'
import { filter, map } from 'rxjs'

export async function train() {
  const x = input({ name: 'x', shape: [2] })
  const target = input({ name: 'target', shape: [1] })
  const prediction = x.pipe(dense({ units: 8 }), relu(), dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, target)
  const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
  const model = compile(net, { seed: 1 })
  const cells = Array.from({ length: 64 }, (_, i) => [(i % 8) / 8, Math.floor(i / 8) / 8])
  const table = ['a,b,product', ...cells.map(([a, b]) => `"${a}",${b},${a * b}`)].join('\n')
  const trainer = createTrainer(model, { data: parseCsv(table, { target: 'product' }), epochs: 30, seed: 1 })
  let norms = 0
  const norm$ = model.node('dense1').backward$.pipe(map(({ tensor }) => tensor.norm()))
  norm$.pipe(filter(norm => norm > 0)).subscribe(() => norms++)
  const { status, history, metrics } = await trainer.run()
  checkNode({ type: 'relu', config: {} }, { inputs: { x: [3, 4] }, seed: 1 })
  const kernels = model.summary().split('\n').at(-1)
  model.dispose()
  return { status, first: history[0].metrics.loss, last: metrics.loss, norms, kernels }
}
