/** Tells ten kinds of clothes apart in the photographs of Fashion-MNIST, by convolutions. `fashion.ts FOLDER 10` takes ten epochs. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as g from 'gradstream'
import { showProgress } from 'gradstream/terminal'
import { given } from './support/given.ts'

const { positionals } = given('fashion.ts [FOLDER] [EPOCHS]', {})
const [folder = '/usr/share/datasets/fashion-mnist', epochs = '2'] = positionals
const fileOf = (part: string, kind: string) => join(folder, `${part}-${kind}-ubyte.gz`)
if (!existsSync(fileOf('train', 'images-idx3'))) {
  console.error(
    `no Fashion-MNIST in ${folder}: install Debian's package dataset-fashion-mnist, or put the four`,
  )
  console.error('files of https://github.com/zalandoresearch/fashion-mnist into a folder, and pass its path')
  process.exit(1)
}
const read = async (part: string) => {
  const [x, target] = await Promise.all(['images-idx3', 'labels-idx1'].map(kind => g.idx(fileOf(part, kind))))
  return g.fromArrays({ x, target } as Record<string, g.Tensor>)
}
const [train, validation] = [await read('train'), await read('t10k')]

const x = g.input({ name: 'x', shape: [28, 28] })
const prediction = x.pipe(
  g.rescaling({ scale: 1 / 255 }),
  g.reshape({ targetShape: [28, 28, 1] }),
  g.conv2d({ filters: 16, kernelSize: 3 }),
  g.relu(),
  g.maxPooling2d(),
  g.conv2d({ filters: 32, kernelSize: 3 }),
  g.relu(),
  g.maxPooling2d(),
  g.flatten(),
  g.dropout({ rate: 0.25 }),
  g.dense({ units: 10 }),
)
const target = g.input({ name: 'target', shape: [] })
const loss = g.sparseCategoricalCrossentropy({ fromLogits: true })(prediction, target)
const steps = Number(epochs) * Math.ceil(train.size / 64)
const update = loss.pipe(g.adam({ learningRate: g.schedule.cosine({ initial: 0.004, steps }) }))
const model = g.compile(g.graph({ prediction, loss, update }), { seed: 1 })

const settings = { epochs: Number(epochs), batchSize: 64, metrics: ['accuracy'] } as const
const trainer = g.createTrainer(model, { data: train, validation, ...settings })
showProgress(trainer)
const { metrics } = await trainer.run()
console.log(`\nvalidation accuracy ${metrics.validationAccuracy?.toFixed(4)}`)
console.log('published: people 0.835, the best with under 100,000 parameters 0.925')
