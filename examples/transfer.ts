/** Learns from thirty samples whether a digit is even, with features that were learned by telling digits apart. */
import {
  adam,
  binaryCrossentropy,
  block,
  categoricalCrossentropy,
  compile,
  createTrainer,
  csv,
  dense,
  evaluate,
  fromArrays,
  graph,
  input,
  type Model,
  type Port,
  relu,
} from 'gradstream'

const file = new URL('data/digits.csv', import.meta.url)
const digits = await csv(file, { target: 'digit', categorical: ['digit'] })
const { train: known, validation: rest } = digits.split({ validation: 0.4, seed: 1, stratify: 'target' })
const images = rest.column('x').toNested() as number[][]
const classes = rest.column('target').toNested() as number[][]
const isEven = classes.map(row => [row.indexOf(1) % 2 === 0 ? 1 : 0])
const few = fromArrays({ x: images.slice(0, 30), target: isEven.slice(0, 30) })
const others = fromArrays({ x: images.slice(30), target: isEven.slice(30) })

const x = input({ name: 'x', shape: [64] })
const body = block('body', (image: Port) =>
  image.pipe(dense({ units: 64 }), relu(), dense({ units: 32 }), relu()),
)
const update = adam({ learningRate: 0.003 })

const digit = body(x).pipe(dense({ units: 10 }))
const digitLoss = categoricalCrossentropy({ fromLogits: true })(digit, input({ name: 'target', shape: [10] }))
const teacher = compile(graph({ digit, loss: digitLoss, update: digitLoss.pipe(update) }), { seed: 1 })
await createTrainer(teacher, { data: known, epochs: 20 }).run()

const even = body(x).pipe(dense({ units: 1, name: 'head' }))
const loss = binaryCrossentropy({ fromLogits: true })(even, input({ name: 'target', shape: [1] }))
const net = graph({ even, loss, update: loss.pipe(update) })

async function accuracyOf(model: Model): Promise<string> {
  await createTrainer(model, { data: few, epochs: 100 }).run()
  const { binaryAccuracy = 0 } = await evaluate(model, others, { metrics: ['binaryAccuracy'] })
  return binaryAccuracy.toFixed(3)
}
console.log(`odd or even, learned from ${few.size} digits and tried on ${others.size}`)
console.log(`from scratch: accuracy ${await accuracyOf(compile(net, { seed: 2 }))}`)

const pupil = compile(net, { seed: 2 })
pupil.load(teacher.state(), { only: ['body1'] })
pupil.freeze(['body1'])
console.log(`with features of the other network: accuracy ${await accuracyOf(pupil)}`)
