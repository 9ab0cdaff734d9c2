/** Classifies tumours as malignant or benign from 30 measurements of their cells. This is `npm start`. */
import {
  binaryCrossentropy,
  compile,
  createTrainer,
  csv,
  dense,
  graph,
  input,
  openBridge,
  relu,
  sgd,
  sigmoid,
} from 'gradstream'
import { confusionMatrix, lossCurve, showProgress } from 'gradstream/terminal'
import { firstVisitor } from './support/first-visitor.ts'
import { readOptions } from './support/options.ts'

const { seed, epochs, dashboard } = readOptions('npm start --', {
  seed: [1, 'seed of the split, the initial weights and the order of the samples', 0],
  epochs: [60, 'number of passes over the training data', 1],
})

const data = await csv(new URL('data/breast_cancer.csv', import.meta.url), { target: 'benign' })
const { train, validation } = data.standardize().split({ validation: 0.2, seed })

const [x, target] = [input({ name: 'x', shape: [30] }), input({ name: 'target', shape: [1] })]
const hidden = x.pipe(dense({ units: 16 }), relu(), dense({ units: 16 }), relu())
const prediction = hidden.pipe(dense({ units: 1 }), sigmoid())
const loss = binaryCrossentropy()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.05 })) })

const model = compile(net, { seed })
const trainer = createTrainer(model, { data: train, validation, epochs, seed, metrics: ['accuracy'] })
// Serves a page to watch and steer the run, until Ctrl-C, and records it.
const runs = { directory: 'runs/', keep: 20 }
const bridge = dashboard && (await openBridge(trainer, { ...dashboard, runs }))
showProgress(trainer)
const start = performance.now()
const { history, metrics } = await trainer.run()
const seconds = (performance.now() - start) / 1000

const predictions = model.predict({ x: validation.column('x') }).prediction
console.log(`\n${confusionMatrix(predictions, validation.column('target'), ['malignant', 'benign'])}`)
console.log(`\n${lossCurve(history)}`)
console.log(
  `\nvalidation accuracy ${metrics.validationAccuracy?.toFixed(4)} on ${validation.size} tumours,`,
  `after ${epochs} epochs in ${seconds.toFixed(2)} s`,
)
if (bridge) {
  console.log(`\nTraining continues slowly while the page is open. Stop with Ctrl-C: ${bridge.url}`)
  await firstVisitor(bridge)
  trainer.setStepsPerSecond(30)
  await trainer.run()
}
