/** Trains with checkpoints, is interrupted in the middle of an epoch, and continues as if nothing had happened. */
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
  dropout,
  graph,
  input,
  type Model,
  relu,
  resume,
  softmax,
} from 'gradstream'

const data = await csv(new URL('data/digits.csv', import.meta.url), {
  target: 'digit',
  categorical: ['digit'],
})
const x = input({ name: 'x', shape: [64] })
const target = input({ name: 'target', shape: [10] })
const hidden = x.pipe(dense({ units: 64 }), relu(), dropout({ rate: 0.2 }))
const prediction = hidden.pipe(dense({ units: 10 }), softmax())
const loss = categoricalCrossentropy()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(adam({ learningRate: 0.003 })) })

const directory = await mkdtemp(join(tmpdir(), 'gradstream-'))
const checkpoints = { directory, everySteps: 50, best: 'loss' }
const interrupted = createTrainer(compile(net, { seed: 1 }), { data, epochs: 10, checkpoints })
await interrupted.step(200)
await interrupted.checkpoint()
console.log(`interrupted in epoch ${interrupted.state.epoch}, after step ${interrupted.state.step}`)
interrupted.dispose()

// Another process would begin here, with the same data.
const trainer = await resume(directory, { data, graph: net, checkpoints: { everySteps: 50, best: 'loss' } })
const { epoch, step, metrics } = await trainer.run()
console.log(`resumed, and finished in epoch ${epoch}, after step ${step}: loss ${metrics.loss?.toFixed(4)}`)
console.log(`checkpoints: ${(await readdir(directory)).sort().join(', ')}`)

const straight = createTrainer(compile(net, { seed: 1 }), { data, epochs: 10 })
await straight.run()
const textOf = (model: Model) => JSON.stringify(model.state())
const same = textOf(straight.model) === textOf(trainer.model)
console.log(`a run without an interruption ends with ${same ? 'the same' : 'other'} bytes`)
await rm(directory, { recursive: true })
