/** Classifies irises by species: text labels become classes automatically. */
import {
  categoricalCrossentropy,
  compile,
  createTrainer,
  csv,
  dense,
  graph,
  input,
  sgd,
  softmax,
  tanh,
} from 'gradstream'

const data = await csv(new URL('data/iris.csv', import.meta.url), { target: 'species' })
const { train, validation } = data.standardize().split({ validation: 0.2 })
const species = data.classes()

const x = input({ name: 'x', shape: [4] })
const target = input({ name: 'target', shape: [species.length] })
const prediction = x.pipe(dense({ units: 16 }), tanh(), dense({ units: species.length }), softmax())
const loss = categoricalCrossentropy()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })

const model = compile(net)
const trainer = createTrainer(model, { data: train, validation, epochs: 100, metrics: ['accuracy'] })
const { metrics } = await trainer.run()
console.log(`validation accuracy ${metrics.validationAccuracy?.toFixed(4)} on ${validation.size} flowers\n`)

// Sepal length and width, petal length and width, in centimetres, as measured.
const flowers = [
  [5.1, 3.4, 1.5, 0.2],
  [6.1, 2.8, 4.3, 1.3],
  [6.7, 3.1, 5.6, 2.3],
  [6.2, 2.7, 5.1, 1.6],
]
const predictions = model.predict({ x: flowers }).prediction.toNested() as number[][]
predictions.forEach((shares, i) => {
  const best = Math.max(...shares)
  console.log(`${flowers[i]?.join('  ')}  ${species[shares.indexOf(best)]} (${(100 * best).toFixed(0)} %)`)
})
