/** Two losses with an optimizer each, in one graph: a step of both is a step of each, alone in a graph of its own. */
import {
  add,
  binaryCrossentropy,
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  type Model,
  type Port,
  RandomKey,
  sgd,
  stopGradient,
  tanh,
  validate,
} from 'gradstream'
import { expect, test } from 'vitest'

const draws = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => [...RandomKey.of(seed).child(i).normal(2)])
const [reals, seeds] = [draws(24, 1), draws(24, 2)]
const ones = reals.map(() => [1])
const zeros = reals.map(() => [0])

/** The parts of a pair, as functions that use the same layers each time. */
function parts() {
  const real = input({ name: 'real', shape: [2] })
  const seed = input({ name: 'seed', shape: [2] })
  const [yes, no] = [input({ name: 'yes', shape: [1] }), input({ name: 'no', shape: [1] })]
  const layers = {
    g1: dense({ units: 5, name: 'g1' }),
    g2: dense({ units: 2, name: 'g2' }),
    d1: dense({ units: 6, name: 'd1' }),
    d2: dense({ units: 1, name: 'd2' }),
  }
  const fake = seed.pipe(layers.g1, tanh(), layers.g2)
  const judged = (x: Port) => x.pipe(layers.d1, tanh(), layers.d2)
  const loss = binaryCrossentropy({ fromLogits: true })
  const own = { ofReal: loss(judged(real), yes), ofFake: loss(judged(stopGradient()(fake)), no) }
  return { ...own, ofGenerator: binaryCrossentropy({ fromLogits: true })(judged(fake), yes), fake }
}

const generator = { learningRate: 0.2, parameters: ['g1', 'g2'] }
const discriminator = { learningRate: 0.1, parameters: ['d1', 'd2'] }
const together = () => {
  const { ofReal, ofFake, ofGenerator, fake } = parts()
  // Both losses of the discriminator are followed together.
  const judge = addLosses(ofReal, ofFake)
  return graph({
    fake,
    judge,
    update: judge.pipe(sgd(discriminator)),
    deceive: ofGenerator.pipe(sgd(generator)),
  })
}

const addLosses = (a: Port<'loss'>, b: Port<'loss'>) => add()(a, b) as Port<'loss'>

const data = () => fromArrays({ real: reals, seed: seeds, yes: ones, no: zeros })
const weightsOf = (model: Model<never>, ids: readonly string[]) =>
  ids.flatMap(id => [
    ...(model.node(id).parameters.kernel?.value.data ?? []),
    ...(model.node(id).parameters.bias?.value.data ?? []),
  ])

test('such a graph has no faults', () => {
  expect(validate(together())).toEqual([])
})

test.each(['reference', 'wasm'] as const)(
  'on kernels %s, each optimizer gets the gradients of its own loss alone',
  async kernels => {
    const options = { seed: 9, kernels, threads: 1 }
    const { ofReal, ofFake } = parts()
    const judge = addLosses(ofReal, ofFake)
    const alone = [
      [graph({ judge, update: judge.pipe(sgd(discriminator)) }), ['d1', 'd2']],
      [
        (() => {
          const { ofGenerator } = parts()
          return graph({ update: ofGenerator.pipe(sgd(generator)) })
        })(),
        ['g1', 'g2'],
      ],
    ] as const
    const model = compile(together(), options)
    const trainer = createTrainer(model, { data: data(), batchSize: 8, seed: 3 })
    await trainer.step()
    for (const [net, ids] of alone) {
      const own = compile(net, options)
      const first = createTrainer(own, { data: data(), batchSize: 8, seed: 3 })
      await first.step()
      const [got, wanted] = [weightsOf(model as never, ids), weightsOf(own as never, ids)]
      expect(got.length).toBe(wanted.length)
      for (const [i, weight] of got.entries()) expect(weight).toBeCloseTo(wanted[i] as number, 6)
      first.dispose()
      own.dispose()
    }
    await trainer.step(20)
    expect(Object.values(trainer.state.metrics).every(Number.isFinite)).toBe(true)
    trainer.dispose()
    model.dispose()
  },
)

test('without stopGradient, the loss of the discriminator reaches the generator, and that is refused', () => {
  const real = input({ name: 'real', shape: [2] })
  const seed = input({ name: 'seed', shape: [2] })
  const yes = input({ name: 'yes', shape: [1] })
  const fake = seed.pipe(dense({ units: 2, name: 'g' }))
  const judge = dense({ units: 1, name: 'd' })
  const loss = () => binaryCrossentropy({ fromLogits: true })
  const own = addLosses(loss()(judge(real), yes), loss()(judge(fake), yes))
  const other = loss()(judge(fake), yes)
  const net = graph({ a: own.pipe(sgd({ parameters: ['d'] })), b: other.pipe(sgd({ parameters: ['g'] })) })
  expect(validate(net).map(({ code }) => code)).toContain('LOSSES_MIX')
})
