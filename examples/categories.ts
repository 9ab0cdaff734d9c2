/** Estimates rents from a table with text in it. Districts become vectors, and those alike come to lie close together. */
import {
  adam,
  arrayOf,
  compile,
  concatenate,
  createTrainer,
  dense,
  embedding,
  flatten,
  graph,
  input,
  meanSquaredError,
  RandomKey,
  relu,
  slice,
} from 'gradstream'

// What the network does not know: the price of a square metre, and near the water that of each floor further up.
const PRICES = [14, 12, 14, 9, 9, 8, 13, 8]
const VIEWS = [0, 25, 0, 25, 0, 0, 0, 25]
const districts = ['Abbey', 'Bridge', 'Castle', 'Dock', 'East', 'Field', 'Garden', 'Harbour']
const kinds = ['attic', 'flat', 'loft']
const flats = Array.from({ length: 3000 }, (_, i) => {
  const [a = 0, b = 0, c = 0, e = 0, noise = 0] = RandomKey.of(1).child(i).uniform(5)
  const [d, k, area, floor] = [Math.floor(8 * a), Math.floor(3 * b), 25 + 80 * c, Math.floor(6 * e)]
  const rent = area * ((PRICES[d] ?? 0) + 2 * k) + (VIEWS[d] ?? 0) * floor + 100 * noise
  return { district: districts[d], kind: kinds[k], area, floor, rent }
})
const columns = { district: { type: 'index' }, kind: { type: 'index' } } as const
const table = arrayOf(flats, { target: 'rent', columns }).standardize({ columns: ['x', 'target'] })
const { train, validation } = table.split({ validation: 0.2, seed: 1 })

const x = input({ name: 'x', shape: [4] })
const vector = (place: number, inputDim: number) =>
  x.pipe(slice({ start: place, end: place + 1 }), embedding({ inputDim, outputDim: 3 }), flatten())
const all = concatenate()(vector(0, districts.length), vector(1, kinds.length), x.pipe(slice({ start: 2 })))
const rent = all.pipe(dense({ units: 32 }), relu(), dense({ units: 1 }))
const loss = meanSquaredError()(rent, input({ name: 'target', shape: [1] }))
const model = compile(graph({ rent, loss, update: loss.pipe(adam({ learningRate: 0.01 })) }), { seed: 1 })
const { metrics } = await createTrainer(model, { data: train, validation, epochs: 40, metrics: ['r2'] }).run()
console.log(`validation R2 ${metrics.validationR2?.toFixed(3)} on ${validation.size} flats`)
console.log(model.predict({ rows: [{ district: 'Harbour', kind: 'loft', area: 60, floor: 5 }] }))

const vectors = model.node('embedding1').parameters.embeddings?.value.toNested() as number[][]
const distance = (a: number[] = [], b: number[] = []) =>
  Math.hypot(...a.map((value, i) => value - (b[i] ?? 0)))
const near = (own: number) =>
  districts.map((name, i) => ({ name, apart: distance(vectors[i], vectors[own]) }))
for (const [own, name] of districts.entries()) {
  const [, next] = near(own).sort((a, b) => a.apart - b.apart)
  console.log(`${name} is most like ${next?.name}`)
}
