/** Trains the digits with a bridge, at a fixed pace or full speed: the process behind the clicks. */
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gradstream } from './gradstream.ts'

const {
  categoricalCrossentropy,
  compile,
  createTrainer,
  csv,
  dense,
  graph,
  input,
  openBridge,
  relu,
  sgd,
  softmax,
} = gradstream

const file = fileURLToPath(new URL('../examples/data/digits.csv', import.meta.url))
const data = (await csv(file, { target: 'digit', categorical: ['digit'] })).standardize()
const { train, validation } = data.split({ validation: 0.2 })
const x = input({ name: 'x', shape: [64] })
const target = input({ name: 'target', shape: [10] })
const prediction = x.pipe(dense({ units: 128 }), relu(), dense({ units: 10 }), softmax())
const loss = categoricalCrossentropy()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.001 })) })
const trainer = createTrainer(compile(net, { seed: 1, threads: 1 }), {
  data: train,
  validation,
  epochs: 1e6,
  metrics: ['accuracy'],
})
const bridge = await openBridge(trainer, { port: 0, print: () => undefined })
void trainer.run()

process.on('message', async (order: { pace?: number | null; seconds?: number }) => {
  if (order.pace !== undefined) trainer.setStepsPerSecond(order.pace)
  const { step } = trainer.state
  const start = performance.now()
  await wait(1000 * (order.seconds ?? 0))
  const rate = ((trainer.state.step - step) / (performance.now() - start)) * 1000
  process.send?.({ rate })
})
process.on('disconnect', () => process.exit())
process.send?.({ url: bridge.url })
