/** Every optimizer trains on WebAssembly as on reference kernels, and makes a simple loss small. */
import {
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  type Port,
  tanh,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { catalogue } from '../../nodes/index.ts'

const rows = Array.from({ length: 48 }, (_, i) => [Math.sin(i), Math.cos(2 * i), Math.sin(3 * i)])
const data = () => fromArrays({ x: rows, target: rows.map(([a = 0, b = 0, c = 0]) => [a * b, b - c]) })

/** Rates with which the network of this test learns in a hundred steps. */
const rates: Readonly<Record<string, object>> = {
  adadelta: { learningRate: 5 },
  adafactor: { learningRate: 0.05 },
  adagrad: { learningRate: 0.1 },
  ftrl: { learningRate: 0.5 },
  lamb: { learningRate: 0.02 },
  lion: { learningRate: 0.005 },
  sgd: { learningRate: 0.1, momentum: 0.9 },
}

type Factory = (options: object) => (loss: Port<'loss'>) => Port<'update'>
const optimizers = catalogue.filter(({ definition }) => definition.role === 'optimizer')

function trained(factory: Factory, options: object, kernels: 'wasm' | 'reference') {
  const x = input({ name: 'x', shape: [3] })
  const prediction = x.pipe(dense({ units: 9 }), tanh(), dense({ units: 2 }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [2] })) as Port<'loss'>
  const model = compile(graph({ loss, update: factory(options)(loss) }), { seed: 4, kernels, threads: 1 })
  return { model, trainer: createTrainer(model, { data: data(), batchSize: 16, epochs: 60, seed: 1 }) }
}

describe.each(optimizers.map(node => ({ type: node.definition.type, factory: node as unknown as Factory })))(
  '$type',
  ({ type, factory }) => {
    const options = rates[type] ?? { learningRate: 0.01 }

    test('has the same weights on WebAssembly after twelve steps as on reference kernels', async () => {
      const weights = await Promise.all(
        (['wasm', 'reference'] as const).map(async kernels => {
          const { model, trainer } = trained(factory, options, kernels)
          await trainer.step(12)
          const all = ['dense1', 'dense2'].flatMap(id =>
            Object.values(model.node(id).parameters).flatMap(({ value }) => [...value.data]),
          )
          trainer.dispose()
          model.dispose()
          return all
        }),
      )
      const [wasm = [], reference = []] = weights
      const worst = Math.max(...reference.map((value, i) => Math.abs(value - (wasm[i] as number))))
      expect(worst).toBeLessThanOrEqual(2e-5)
    })

    test('makes the loss much smaller', async () => {
      const { model, trainer } = trained(factory, options, 'reference')
      await trainer.step(3)
      const before = trainer.state.metrics.loss as number
      await trainer.run()
      expect(trainer.state.metrics.loss as number).toBeLessThan(before / 3)
      trainer.dispose()
      model.dispose()
    })
  },
)
