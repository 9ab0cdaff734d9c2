/** Groups of parameters: optimizers of the same loss, each with settings and parameters of its own. */
import {
  adamW,
  batchNormalization,
  compile,
  dense,
  graph,
  input,
  type Model,
  meanSquaredError,
  type Port,
  sgd,
  tanh,
} from 'gradstream'
import { expect, test } from 'vitest'
import { bytesOf, samples, trial } from '../support.ts'

const WITHOUT_DECAY = ['*.bias', '*.gamma', '*.beta']

function trained(updates: (loss: Port<'loss'>) => Record<string, Port>, steps = 9): Model {
  const x = input({ name: 'x', shape: [2] })
  const prediction = x.pipe(dense({ units: 4 }), batchNormalization(), tanh(), dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
  const model = compile(graph({ loss, ...updates(loss as Port<'loss'>) }), { seed: 3, threads: 1 })
  const { trainer, scheduler } = trial({ data: samples(40) }, model as never)
  void trainer.step(steps)
  scheduler.flush()
  return model as Model
}

const optimizers = [
  ['sgd', sgd],
  ['adamW', adamW],
] as const

test.each(optimizers)('groups of %s with the same settings are one optimizer, byte for byte', (_, update) => {
  const settings = { learningRate: 0.01, weightDecay: 0.1 }
  const one = trained(loss => ({ update: loss.pipe(update(settings)) }))
  const groups = trained(loss => ({
    rest: loss.pipe(update(settings)),
    group: loss.pipe(update({ ...settings, parameters: WITHOUT_DECAY })),
  }))
  expect(bytesOf(groups)).toEqual(bytesOf(one))
})

test.each(optimizers)('in a step, each group of %s moves as all do with its settings', (_, update) => {
  const settings = { learningRate: 0.01, weightDecay: 0.1 }
  const others = { learningRate: 0.05, weightDecay: 0 }
  const groups = trained(
    loss => ({
      rest: loss.pipe(update(settings)),
      group: loss.pipe(update({ ...others, parameters: WITHOUT_DECAY })),
    }),
    1,
  )
  const [first, second] = [settings, others].map(own =>
    bytesOf(trained(loss => ({ update: loss.pipe(update(own)) }), 1)),
  )
  for (const [key, bytes] of Object.entries(bytesOf(groups))) {
    const [own, other] = key.endsWith('.kernel') ? [first, second] : [second, first]
    expect([key, bytes]).toEqual([key, own?.[key]])
    expect([key, bytes]).not.toEqual([key, other?.[key]])
  }
})
