/** Training with schedules is training with numbers that are set before each step. */
import {
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  type Port,
  schedule,
  sgd,
} from 'gradstream'
import { expect, test } from 'vitest'
import { valueAt } from '../../../core/index.ts'

const rows = Array.from({ length: 32 }, (_, i) => [Math.sin(i), Math.cos(i)])
const data = () => fromArrays({ x: rows, target: rows.map(([a = 0, b = 0]) => [a - b]) })

function trainerWith(update: (loss: Port<'loss'>) => Port<'update'>, kernels: 'wasm' | 'reference') {
  const prediction = input({ name: 'x', shape: [2] }).pipe(dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const model = compile(graph({ loss, update: update(loss as Port<'loss'>) }), {
    seed: 3,
    kernels,
    threads: 1,
  })
  return { model, trainer: createTrainer(model, { data: data(), epochs: 5, batchSize: 8, seed: 1 }) }
}

const rates = schedule.warmUp({ steps: 4, to: schedule.cosine({ initial: 0.3, steps: 12 }) })
const weightsOf = (model: ReturnType<typeof compile>) =>
  model.node('dense1').parameters.kernel?.value.toJSON()

test.each(['wasm', 'reference'] as const)(
  'on kernels %s, the weights are the same byte for byte',
  async kernels => {
    const scheduled = trainerWith(sgd({ learningRate: rates, momentum: 0.5 }), kernels)
    const steered = trainerWith(sgd({ learningRate: 0, momentum: 0.5 }), kernels)
    for (let step = 0; step < 20; step++) {
      steered.trainer.set('sgd1', { learningRate: valueAt(rates, step) })
      await steered.trainer.step()
      await scheduled.trainer.step()
      expect(weightsOf(scheduled.model)).toEqual(weightsOf(steered.model))
      expect(scheduled.trainer.state.hyperparameters.sgd1).toMatchObject({
        learningRate: valueAt(rates, step),
        momentum: 0.5,
      })
    }
    for (const { trainer, model } of [scheduled, steered]) {
      trainer.dispose()
      model.dispose()
    }
  },
)

test('a number that is set takes the place of a schedule, and another schedule that of a number', async () => {
  const { trainer, model } = trainerWith(sgd({ learningRate: rates }), 'reference')
  await trainer.step(2)
  trainer.set('sgd1', { learningRate: 0.125 })
  await trainer.step(3)
  expect(trainer.state.hyperparameters.sgd1).toMatchObject({ learningRate: 0.125 })
  trainer.set('sgd1', { learningRate: schedule.piecewise({ boundaries: [7], values: [0.5, 0.25] }) })
  await trainer.step(1)
  expect(trainer.state.hyperparameters.sgd1).toMatchObject({ learningRate: 0.5 })
  await trainer.step(3)
  expect(trainer.state.hyperparameters.sgd1).toMatchObject({ learningRate: 0.25 })
  trainer.dispose()
  model.dispose()
})
