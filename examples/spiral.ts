/** Separates three spiral arms that no straight line can separate, and draws the learned regions. */
import {
  categoricalCrossentropy,
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  sgd,
  softmax,
  tanh,
} from 'gradstream'

// 100 points along each of three arms, which curve as they go outward.
const points = Array.from({ length: 300 }, (_, i) => {
  const [arm, along] = [i % 3, (i + 60) / 360]
  const angle = (arm * 2 * Math.PI) / 3 + 5 * along
  return { arm, x: [along * Math.cos(angle), along * Math.sin(angle)] }
})
const data = fromArrays({
  x: points.map(point => point.x),
  target: points.map(({ arm }) => [0, 1, 2].map(other => (other === arm ? 1 : 0))),
})

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [3] })
const hidden = x.pipe(dense({ units: 32 }), tanh(), dense({ units: 32 }), tanh())
const prediction = hidden.pipe(dense({ units: 3 }), softmax())
const loss = categoricalCrossentropy()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1, momentum: 0.9 })) })

const model = compile(net)
const { metrics } = await createTrainer(model, { data, epochs: 120, metrics: ['accuracy'] }).run()

// One character for each point of a grid: its region, with the samples on top.
const [columns, lines] = [60, 30]
const grid = Array.from({ length: columns * lines }, (_, i) => {
  return [(i % columns) / (columns / 2) - 1, Math.floor(i / columns) / (lines / 2) - 1]
})
const regions = model.predict({ x: grid }).prediction.toNested() as number[][]
const picture = regions.map(shares => ' ·░'[shares.indexOf(Math.max(...shares))])
for (const {
  arm,
  x: [across = 0, down = 0],
} of points) {
  const place = Math.round((down + 1) * (lines / 2)) * columns + Math.round((across + 1) * (columns / 2))
  picture[place] = 'ox+'[arm]
}
for (let line = 0; line < lines; line++) {
  console.log(picture.slice(line * columns, (line + 1) * columns).join(''))
}
console.log(`\naccuracy ${metrics.accuracy?.toFixed(3)} on ${points.length} points`)
