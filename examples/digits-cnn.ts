/** Classifies handwritten digits with convolutions, and a learning rate that warms up and falls along a cosine. */
import {
  adam,
  categoricalCrossentropy,
  compile,
  conv2d,
  createTrainer,
  csv,
  dense,
  dropout,
  flatten,
  graph,
  input,
  maxPooling2d,
  relu,
  reshape,
  schedule,
} from 'gradstream'
import { showProgress } from 'gradstream/terminal'

const data = await csv(new URL('data/digits.csv', import.meta.url), {
  target: 'digit',
  categorical: ['digit'],
})
const { train, validation } = data.split({ validation: 0.2, seed: 1 })

const x = input({ name: 'x', shape: [64] })
const target = input({ name: 'target', shape: [10] })
const prediction = x.pipe(
  reshape({ targetShape: [8, 8, 1] }),
  conv2d({ filters: 16, kernelSize: 3, padding: 'same' }),
  relu(),
  conv2d({ filters: 32, kernelSize: 3, padding: 'same' }),
  relu(),
  maxPooling2d(),
  flatten(),
  dropout({ rate: 0.4 }),
  dense({ units: 10 }),
)
const loss = categoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.05 })(prediction, target)
const learningRate = schedule.warmUp({ steps: 45, to: schedule.cosine({ initial: 0.004, steps: 630 }) })
const net = graph({ prediction, loss, update: loss.pipe(adam({ learningRate })) })

const model = compile(net)
const metricsOf = { metrics: ['accuracy', 'f1'] } as const
const trainer = createTrainer(model, { data: train, validation, epochs: 15, batchSize: 32, ...metricsOf })
showProgress(trainer)
const { metrics } = await trainer.run()
const [accuracy, f1] = [metrics.validationAccuracy ?? 0, metrics.validationF1 ?? 0]
console.log(`\nvalidation accuracy ${accuracy.toFixed(4)}, F1 ${f1.toFixed(4)} on ${validation.size} digits`)
