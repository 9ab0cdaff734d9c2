/** Predicts the progression of diabetes in a year from 10 measurements: regression with 5-fold cross-validation. */
import {
  compile,
  createTrainer,
  csv,
  dense,
  graph,
  input,
  meanSquaredError,
  relu,
  type Split,
  sgd,
} from 'gradstream'

const file = new URL('data/diabetes.csv', import.meta.url)
// The target is standardized too: R2 stays the same, and losses and gradients have a convenient size.
const data = (await csv(file, { target: 'progression' })).standardize({ columns: ['x', 'target'] })

const x = input({ name: 'x', shape: [10] })
const target = input({ name: 'target', shape: [1] })
const prediction = x.pipe(dense({ units: 16 }), relu(), dense({ units: 16 }), relu(), dense({ units: 1 }))
const loss = meanSquaredError()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.01, weightDecay: 0.1 })) })

/** Trains a new model on four fifths of the patients and evaluates it on the rest. */
async function judge({ train, validation }: Split) {
  const model = compile(net, { seed: 1 })
  const { metrics } = await createTrainer(model, {
    data: train,
    validation,
    epochs: 60,
    metrics: ['r2', 'meanAbsoluteError'],
  }).run()
  model.dispose()
  const { validationR2: r2 = 0, validationMeanAbsoluteError: error = 0 } = metrics
  return { r2, points: error * (train.scalings.target?.deviation[0] ?? 1) }
}

const results = await Promise.all(data.folds(5).map(judge))
results.forEach(({ r2, points }, fold) => {
  console.log(`fold ${fold + 1}: R2 ${r2.toFixed(3)}, off by ${points.toFixed(1)} points on average`)
})
const mean = results.reduce((sum, { r2 }) => sum + r2, 0) / results.length
console.log(`mean R2 ${mean.toFixed(3)} on ${data.size} patients, cross-validated`)
