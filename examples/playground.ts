/** Separates points in a plane; a page shows the decision boundary. Takes a task: spirals, circles, moons or xor. */
import {
  binaryCrossentropy,
  compile,
  createTrainer,
  dense,
  fromArrays,
  type GraphDef,
  graph,
  input,
  openBridge,
  sgd,
  sigmoid,
  tanh,
} from 'gradstream'
import { firstVisitor } from './support/first-visitor.ts'
import { readOptions } from './support/options.ts'
import { TASKS } from './support/playground-tasks.ts'

const tasks = Object.keys(TASKS)
const usage = `npx tsx examples/playground.ts ${tasks.join('|')}`
const [task = 'spirals'] = process.argv.slice(2).filter(word => tasks.includes(word))
process.argv = process.argv.filter(word => word !== task)
const { seed, samples, epochs, dashboard } = readOptions(usage, {
  seed: [1, 'seed of the points and the initial weights', 0],
  samples: [400, 'number of points', 10],
  epochs: [3000, 'number of passes over the training data', 1],
})

const points = TASKS[task]?.(samples, seed) ?? []
const data = fromArrays({ x: points.map(({ x }) => x), target: points.map(({ label }) => [label]) })
const { train, validation } = data.split({ validation: 0.25, seed })

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [1] })
const hidden = x.pipe(dense({ units: 16 }), tanh(), dense({ units: 12 }), tanh())
const prediction = hidden.pipe(dense({ units: 1 }), sigmoid())
const loss = binaryCrossentropy()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.03, momentum: 0.9 })) })

// Steps per second: slow enough to watch the boundary form.
const pace = dashboard && { stepsPerSecond: 1000 }
const options = { data: train, validation, epochs, metrics: ['accuracy'], runId: task, ...pace } as const
const trainerOf = (graph: GraphDef) => createTrainer(compile(graph, { seed }), options)
const trainer = trainerOf(net)
const bridge = dashboard && (await openBridge(trainer, { ...dashboard, edit: trainerOf }))
if (bridge) console.log('Training starts when you open the page, which is served until Ctrl-C.')
if (bridge) await firstVisitor(bridge)
const { metrics } = await trainer.run()
console.log(
  `${task}: validation accuracy ${metrics.validationAccuracy?.toFixed(3)} on ${validation.size} points`,
)
