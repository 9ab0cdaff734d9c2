/** Learns from triplets of digits what makes two alike, and then finds the nearest of ten examples, one of each digit. */
import {
  adam,
  compile,
  createTrainer,
  csv,
  dense,
  fromArrays,
  graph,
  input,
  type Port,
  RandomKey,
  relu,
  rescaling,
  triplet,
} from 'gradstream'

const digits = await csv(new URL('data/digits.csv', import.meta.url), { target: 'digit' })
const { train, validation } = digits.split({ validation: 0.4, seed: 1, stratify: 'target' })
const imagesOf = (data: typeof digits) => data.column('x').toNested() as number[][]
const labels = [...train.column('target').data]
const known = Array.from({ length: 10 }, (_, digit) => imagesOf(train).filter((_, i) => labels[i] === digit))

/** Two images of one digit, and one of another. */
const triplets = Array.from({ length: 8000 }, (_, i) => {
  const [luck = 0, ...lucks] = RandomKey.of(1).child(i).uniform(4)
  const other = (i + 1 + Math.floor(9 * luck)) % 10
  const images = [i, i, other].map(digit => known[digit % 10] ?? [])
  return images.map((some, place) => some[Math.floor((lucks[place] ?? 0) * some.length)] ?? [])
})
const column = (place: number) => triplets.map(images => images[place] ?? [])
const data = fromArrays({ anchor: column(0), positive: column(1), negative: column(2) })

// Layers that are made once have the same weights wherever they are used.
const [hidden, code] = [dense({ units: 64 }), dense({ units: 16 })]
const twin = (x: Port) => x.pipe(rescaling({ scale: 1 / 16 }), hidden, relu(), code)
const image = (name: string) => twin(input({ name, shape: [64] }))
const codes = image('anchor')
const loss = triplet()(codes, image('positive'), image('negative'))
const model = compile(graph({ codes, loss, update: loss.pipe(adam({ learningRate: 0.002 })) }), { seed: 1 })
await createTrainer(model, { data, epochs: 10, batchSize: 64 }).run()

const distance = (a: number[], b: number[]) => Math.hypot(...a.map((value, i) => value - (b[i] ?? 0)))
function accuracy(codesOf: (images: number[][]) => number[][]): string {
  const examples = codesOf(known.map(([first = []]) => first))
  const nearest = codesOf(imagesOf(validation)).map(own => {
    const distances = examples.map(example => distance(own, example))
    return distances.indexOf(Math.min(...distances))
  })
  const right = [...validation.column('target').data].filter((digit, i) => nearest[i] === digit)
  return (right.length / validation.size).toFixed(3)
}
console.log(`nearest by pixels: right in ${accuracy(images => images)}`)
const learned = (images: number[][]) => model.predict({ anchor: images }).codes.toNested() as number[][]
console.log(`nearest by what was learned: right in ${accuracy(learned)}`)
