/** Classifies digits with convolutions and a learning rate that warms up. With `--resume FOLDER` it keeps checkpoints, and continues from them. */
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
  hasCheckpoint,
  input,
  maxPooling2d,
  relu,
  reshape,
  resume,
  schedule,
} from 'gradstream'
import { showProgress } from 'gradstream/terminal'
import { given } from './support/given.ts'

const file = new URL('data/digits.csv', import.meta.url)
const data = await csv(file, { target: 'digit', categorical: ['digit'] })
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

const { resume: directory } = given('digits-cnn.ts [--resume FOLDER]', { resume: { type: 'string' } }).values
const own = { data: train, validation, metrics: ['accuracy', 'f1'] } as const
const checkpoints = directory ? { checkpoints: { directory, onSignal: true } } : {}
const isThere = directory !== undefined && hasCheckpoint(directory)
const begin = () => createTrainer(compile(net), { ...own, epochs: 15, batchSize: 32, ...checkpoints })
const trainer = isThere ? await resume(directory, own) : begin()
showProgress(trainer)
const { validationAccuracy: accuracy = 0, validationF1: f1 = 0 } = (await trainer.run()).metrics
console.log(`\nvalidation accuracy ${accuracy.toFixed(4)}, F1 ${f1.toFixed(4)} on ${validation.size} digits`)
