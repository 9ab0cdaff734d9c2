/** Saves a trained model, loads it as another program would, and asks it about flowers as people measure them. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  adam,
  categoricalCrossentropy,
  compile,
  createTrainer,
  csv,
  dense,
  graph,
  input,
  loadModel,
  saveModel,
  softmax,
  tanh,
} from 'gradstream'

const data = (await csv(new URL('data/iris.csv', import.meta.url), { target: 'species' })).standardize()
const x = input({ name: 'x', shape: [4] })
const target = input({ name: 'target', shape: [3] })
const prediction = x.pipe(dense({ units: 16 }), tanh(), dense({ units: 3 }), softmax())
const loss = categoricalCrossentropy()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(adam({ learningRate: 0.01 })) })

const model = compile(net, { seed: 1 })
const { metrics } = await createTrainer(model, { data, epochs: 50 }).run()
const folder = join(await mkdtemp(join(tmpdir(), 'gradstream-')), 'model')
await saveModel(model, folder)
console.log(`saved with a loss of ${metrics.loss?.toFixed(4)}: ${(await readdir(folder)).sort().join(', ')}`)

// Another program would begin here. It needs neither the network in code nor the data.
const loaded = await loadModel(folder)
const rows = [
  { sepal_length: 5.1, sepal_width: 3.4, petal_length: 1.5, petal_width: 0.2 },
  { sepal_length: 6.1, sepal_width: 2.8, petal_length: 4.3, petal_width: 1.3 },
  { sepal_length: 6.7, sepal_width: 3.1, petal_length: 5.6, petal_width: 2.3 },
]
for (const { species } of loaded.predict({ rows }))
  if (typeof species === 'object')
    console.log(`${species.class} (${(100 * species.probability).toFixed(0)} %)`)

// It goes on training where the saved one was: with the moments of Adam, and at the same step.
const more = await createTrainer(loaded, { data, epochs: 50 }).run()
console.log(`after more training, the loss is ${more.metrics.loss?.toFixed(4)}`)
await rm(join(folder, '..'), { recursive: true })
