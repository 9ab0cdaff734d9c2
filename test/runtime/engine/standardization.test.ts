/** The standardization that a model was trained with stays the model's, whoever trains it next. */
import {
  compile,
  createTrainer,
  dense,
  evaluate,
  fromArrays,
  graph,
  input,
  meanSquaredError,
  sgd,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { rejectionOf } from '../support.ts'

const COUNT = 40
const table = (from: number, by: number) =>
  fromArrays({
    x: Array.from({ length: COUNT }, (_, i) => [from + by * i]),
    target: Array.from({ length: COUNT }, (_, i) => [i / COUNT]),
  })
const own = () => table(100, 1).standardize()
const others = {
  'standardized otherwise': () => table(1000, 10).standardize(),
  'not standardized': () => table(100, 1),
  'the same': own,
  'of other columns': () => table(100, 1).standardize({ columns: ['x', 'target'] }),
}

function made() {
  const x = input({ name: 'x', shape: [1] })
  const target = input({ name: 'target', shape: [1] })
  const prediction = x.pipe(dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, target)
  const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
  const model = compile(net, { seed: 1 })
  return { model, predict: () => model.predict({ x: [[110], [125]] }).prediction.toNested() }
}

describe.each(Object.entries(others))('another trainer, with data %s,', (name, data) => {
  const isRefused = name === 'standardized otherwise' || name === 'of other columns'

  test('does not change what a trained model predicts', async () => {
    const { model, predict } = made()
    await createTrainer(model, { data: own(), epochs: 5 }).run()
    const trained = predict()
    const evaluated = await evaluate(model, own())
    const trainer = createTrainer(model, { data: data(), epochs: 5 })
    expect(predict()).toEqual(trained)
    expect(await evaluate(model, own())).toEqual(evaluated)
    if (isRefused) {
      for (const ask of [() => trainer.run(), () => trainer.step()])
        expect(await rejectionOf(ask())).toMatchObject({ code: 'DATA_MISMATCH', place: 'trainer.run' })
      expect(predict()).toEqual(trained)
    } else await trainer.run()
    expect(model.scalings).toEqual(own().scalings)
  })

  test('made before the first has trained, is refused when it begins, or goes on with that of the model', async () => {
    const { model, predict } = made()
    const first = createTrainer(model, { data: own(), epochs: 5 })
    const second = createTrainer(model, { data: data(), epochs: 5 })
    await first.run()
    expect(model.scalings).toEqual(own().scalings)
    const trained = predict()
    if (isRefused) {
      expect(await rejectionOf(second.run())).toMatchObject({ code: 'DATA_MISMATCH', place: 'trainer.run' })
      expect(predict()).toEqual(trained)
    } else await second.run()
    expect(model.scalings).toEqual(own().scalings)
  })

  test.skipIf(isRefused)(
    'comes to what one trainer comes to that trains as long (unless it is refused)',
    async () => {
      const [alone, two] = [made(), made()]
      await createTrainer(alone.model, { data: own(), epochs: 4, shuffle: false }).run()
      await createTrainer(two.model, { data: own(), epochs: 2, shuffle: false }).run()
      await createTrainer(two.model, { data: data(), epochs: 2, shuffle: false }).run()
      expect(two.predict()).toEqual(alone.predict())
    },
  )
})

test('before any training, the model takes the standardization of the latest trainer', () => {
  const { model } = made()
  createTrainer(model, { data: table(1000, 10).standardize() })
  createTrainer(model, { data: own() })
  expect(model.scalings).toEqual(own().scalings)
})
