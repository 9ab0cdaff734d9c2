/** A run for others to watch. It sends its address to the process that started it. */
import {
  compile,
  createTrainer,
  csv,
  dense,
  graph,
  input,
  meanSquaredError,
  openBridge,
  sgd,
  tanh,
} from 'gradstream'

const data = await csv(new URL('../data/diabetes.csv', import.meta.url), { target: 'progression' })
const x = input({ name: 'x', shape: [10] })
const target = input({ name: 'target', shape: [1] })
const prediction = x.pipe(dense({ units: 16 }), tanh(), dense({ units: 1 }))
const loss = meanSquaredError()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.05 })) })

const standardized = data.standardize({ columns: ['x', 'target'] })
const trainer = createTrainer(compile(net, { seed: 7 }), { data: standardized, epochs: 100_000 })
const bridge = await openBridge(trainer, { port: 0, print: () => undefined })
process.send?.(bridge.url)
await trainer.run()
await bridge.close()
