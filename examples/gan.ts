/** A generator learns to put points on a ring, from a discriminator that learns to tell them from real ones. */
import {
  adam,
  add,
  binaryCrossentropy,
  block,
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  leakyRelu,
  type Port,
  RandomKey,
  stopGradient,
} from 'gradstream'

const COUNT = 2048
const [noise, angles] = [RandomKey.of(1).normal(2 * COUNT), RandomKey.of(2).uniform(COUNT, 0, 2 * Math.PI)]
const pairs = (f: (i: number) => [number, number]) => Array.from({ length: COUNT }, (_, i) => f(i))
const real = pairs(i => [Math.cos(angles[i] as number), Math.sin(angles[i] as number)])
const seed = pairs(i => [noise[2 * i] as number, noise[2 * i + 1] as number])
const data = fromArrays({ real, seed, yes: real.map(() => [1]), no: real.map(() => [0]) })

const inputs = { real: input({ name: 'real', shape: [2] }), seed: input({ name: 'seed', shape: [2] }) }
const [yes, no] = [input({ name: 'yes', shape: [1] }), input({ name: 'no', shape: [1] })]
const generator = block('generator', (x: Port) =>
  x.pipe(dense({ units: 32 }), leakyRelu(), dense({ units: 32 }), leakyRelu(), dense({ units: 2 })),
)
// The discriminator is used three times, so its layers are made once.
const layers = [dense({ units: 32 }), leakyRelu(), dense({ units: 32 }), leakyRelu(), dense({ units: 1 })]
const judged = (points: Port) => layers.reduce<Port>((x, layer) => layer(x) as Port, points)

const points = generator(inputs.seed)
const entropy = binaryCrossentropy({ fromLogits: true })
const judge = add()(entropy(judged(inputs.real), yes), entropy(judged(stopGradient()(points)), no))
const deceive = entropy(judged(points), yes)
const rates = { learningRate: 0.002, beta1: 0.5 }
const net = graph({
  points,
  judging: judge.pipe(adam({ ...rates, parameters: ['dense1', 'dense2', 'dense3'] })),
  deceiving: deceive.pipe(adam({ ...rates, learningRate: 0.001, parameters: ['generator1'] })),
})

const model = compile(net, { seed: 1 })
await createTrainer(model, { data, epochs: 100, batchSize: 64 }).run()
const made = model.predict({ seed }).points.toNested() as [number, number][]
const picture = Array.from({ length: 17 }, () => Array<string>(35).fill(' '))
for (const [x, y] of made.slice(0, 500)) (picture[Math.round(8 - 6 * y)] ?? [])[Math.round(17 + 12 * x)] = '•'
console.log(picture.map(row => row.slice(0, 35).join('')).join('\n'))
const off = made.map(([x, y]) => Math.abs(Math.hypot(x, y) - 1)).sort((a, b) => a - b)
console.log(`half of the points are within ${off[COUNT / 2]?.toFixed(3)} of the ring`)
