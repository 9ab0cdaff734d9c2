/** Classifies tumours as malignant or benign from 30 measurements of their cells. This is `npm start`. */
import {
  binaryCrossentropy,
  compile,
  createTrainer,
  csv,
  dense,
  type EditGraph,
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
const options = { data: train, validation, epochs, seed, metrics: ['accuracy'] } as const
const trainer = createTrainer(model, options)
// Serves a page until Ctrl-C, to watch and steer the run, and to edit its graph, which makes a new trainer; records each run.
const runs = { directory: 'runs/', keep: 20 }
const edit: EditGraph = graph => createTrainer(compile(graph, { seed }), options)
const bridge = dashboard && (await openBridge(trainer, { ...dashboard, runs, edit }))
showProgress(trainer)
const { history, metrics, elapsed } = await trainer.run()
const predictions = model.predict({ x: validation.column('x') }).prediction
const matrix = confusionMatrix(predictions, validation.column('target'), ['malignant', 'benign'])
console.log(`\n${matrix}\n\n${lossCurve(history)}`)
console.log(
  `\nvalidation accuracy ${metrics.validationAccuracy?.toFixed(4)} on ${validation.size} tumours,`,
  `after ${epochs} epochs in ${elapsed.toFixed(2)} s`,
)
if (bridge) {
  console.log(`\nTraining continues slowly while the page is open. Stop with Ctrl-C: ${bridge.url}`)
  await firstVisitor(bridge)
  bridge.trainer.setStepsPerSecond(30)
  await bridge.trainer.run()
}
