/** The same as a CommonJS module. */
const {
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  sgd,
} = require('gradstream')
const { connectBridge } = require('gradstream/client')
const { lossCurve } = require('gradstream/terminal')
const { checkNode } = require('gradstream/testing')
const { map } = require('rxjs')

async function main() {
  const x = input({ name: 'x', shape: [1] })
  const target = input({ name: 'target', shape: [1] })
  const prediction = x.pipe(dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, target)
  const model = compile(graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }), {
    seed: 1,
  })
  const data = fromArrays({ x: [[0], [1], [2]], target: [[1], [3], [5]] })
  const trainer = createTrainer(model, { data, epochs: 30, seed: 1 })
  let norms = 0
  const norm$ = model.node('dense1').backward$.pipe(map(({ tensor }) => tensor.norm()))
  norm$.subscribe(() => norms++)
  const { status, history, metrics } = await trainer.run()
  checkNode({ type: 'relu', config: {} }, { inputs: { x: [3, 4] }, seed: 1 })
  const drawn = [typeof connectBridge, lossCurve(history).length > 0]
  console.log(JSON.stringify({ status, first: history[0].metrics.loss, last: metrics.loss, norms, drawn }))
}

main()
