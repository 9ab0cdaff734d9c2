/** Classifies handwritten digits of 8 by 8 pixels: ten classes, softmax and categorical cross-entropy. */
import {
  categoricalCrossentropy,
  compile,
  createTrainer,
  csv,
  dense,
  graph,
  input,
  relu,
  sgd,
  softmax,
} from 'gradstream'
import { confusionMatrix, showProgress } from 'gradstream/terminal'

// The file stores the digit as a number, but it is a class: a 9 is not three times a 3.
const file = new URL('data/digits.csv', import.meta.url)
// All pixels range from 0 to 16, so they need no standardization; some at the edge are always empty.
const data = await csv(file, { target: 'digit', categorical: ['digit'] })
const { train, validation } = data.split({ validation: 0.2 })

const x = input({ name: 'x', shape: [64] })
const target = input({ name: 'target', shape: [10] })
const prediction = x.pipe(dense({ units: 128 }), relu(), dense({ units: 10 }), softmax())
const loss = categoricalCrossentropy()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.02 })) })

const model = compile(net)
const trainer = createTrainer(model, { data: train, validation, epochs: 20, metrics: ['accuracy'] })
showProgress(trainer)
const { metrics } = await trainer.run()

const images = validation.column('x')
const digits = validation.column('target')
const predictions = model.predict({ x: images }).prediction
console.log(`\n${confusionMatrix(predictions, digits, data.classes())}`)

// The digit that the network is least sure of.
const shares = predictions.toNested() as number[][]
const certainties = shares.map(each => Math.max(...each))
const certainty = Math.min(...certainties)
const which = certainties.indexOf(certainty)
const [image = []] = (images.toNested() as number[][]).slice(which)
const ink = image.map(dark => ' ░▒▓█'.charAt(Math.ceil(dark / 4)).repeat(2))
console.log(
  `\nread as ${shares[which]?.indexOf(certainty)}, with a certainty of only ${Math.round(100 * certainty)} %:`,
)
for (let row = 0; row < 64; row += 8) console.log(ink.slice(row, row + 8).join(''))

console.log(`\nvalidation accuracy ${metrics.validationAccuracy?.toFixed(4)} on ${validation.size} digits`)
