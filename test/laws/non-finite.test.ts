/** New values that are not finite fail the step that makes them: the weights stay, and a smaller learning rate helps. */
import {
  compile,
  createTrainer,
  defineNode,
  defineOptimizer,
  dense,
  fromArrays,
  graph,
  input,
  type KernelsName,
  meanSquaredError,
  type OptimizerFactory,
  sgd,
  tanh,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { findBlas } from '../../kernels/blas/library.ts'
import { bytesOf, rejectionOf, rows } from '../runtime/support.ts'

const kinds: readonly KernelsName[] = [
  'reference',
  'wasm',
  ...(findBlas().library ? (['blas'] as const) : []),
]
const HUGE = 1e38
const data = fromArrays(rows(64))

/** Written with kernels that do not look at what they write. */
const plain = defineOptimizer({
  type: 'plain',
  replayable: true,
  config: ({ learningRate = 0.1 }: { learningRate?: number } = {}) => ({ learningRate }),
  slots: () => ({ trail: 0 }),
  update: ({ value, gradient, trail }, { learningRate }, { kernels: k }) => ({
    value: k.sub(value, k.scale(gradient, learningRate)),
    trail: k.add(trail, gradient),
  }),
})

const optimizers: Record<string, { update: ReturnType<OptimizerFactory<never>>; name: string }> = {
  sgd: { update: sgd({ learningRate: 0.1 }), name: 'sgd1' },
  momentum: { update: sgd({ learningRate: 0.1, momentum: 0.5, nesterov: true }), name: 'sgd1' },
  'weight decay': { update: sgd({ learningRate: 0.1, weightDecay: 0.01 }), name: 'sgd1' },
  'one of somebody': { update: plain({ learningRate: 0.1 }), name: 'plain1' },
}

describe.each(kinds)('with kernels %s', kernels => {
  describe.each(Object.entries(optimizers))('%s', (_, { update, name }) => {
    const made = (units = 6) => {
      const x = input({ name: 'x', shape: [2] })
      const prediction = x.pipe(dense({ units }), tanh(), dense({ units: 1 }))
      const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
      const net = graph({ prediction, loss, update: loss.pipe(update) })
      const model = compile(net, { seed: 3, kernels, threads: 1, nodes: [plain] })
      return { model, trainer: createTrainer(model, { data, batchSize: 16, epochs: 20, seed: 1 }) }
    }

    test.each([0, 1, 2, 7])('after %i steps that went well', async before => {
      const { model, trainer } = made()
      if (before > 0) await trainer.step(before)
      const bytes = bytesOf(model)
      await trainer.set(name, { learningRate: HUGE })
      // Of a step that is this large, some come out finite, and the next one has numbers that overflow.
      let step = before
      let kept = bytes
      const error = await (async () => {
        for (;;) {
          try {
            await trainer.step(1)
            step++
            kept = bytesOf(model)
          } catch (error) {
            return error as Awaited<ReturnType<typeof rejectionOf>>
          }
        }
      })()
      expect(error.code).toBe('NOT_FINITE')
      expect(bytesOf(model)).toEqual(kept)
      expect(trainer.state).toMatchObject({ status: 'failed', step })
      for (const value of Object.values(model.node('dense1').parameters))
        expect(value.value.data.every(Number.isFinite)).toBe(true)
    })

    test('names the parameter, and where the first such number arose', async () => {
      const { model, trainer } = made()
      const { kernel } = model.node('dense2').parameters
      // Its gradient is finite, and the update overflows.
      kernel.assign({ shape: kernel.shape, data: Array.from(kernel.value.data, () => 3.3e38 * 1e-30) })
      await trainer.step(2)
      await trainer.set(name, { learningRate: 3.4e38 })
      const bytes = bytesOf(model)
      const error = await rejectionOf(trainer.step(1))
      expect(error.code).toBe('NOT_FINITE')
      expect(error.place).toMatch(/^dense[12]\.(kernel|bias), step 3, next (value|velocity)$/)
      expect(error.got).toMatch(/^-?Infinity( at entry \d+ of \d+)?$/)
      expect(bytesOf(model)).toEqual(bytes)

      // With a smaller rate the run goes on, and learns.
      const { loss: before } = trainer.state.metrics as { loss: number }
      await trainer.set(name, { learningRate: 0.05 })
      const { status, metrics } = await trainer.run()
      expect(status).toBe('finished')
      expect(metrics.loss).toBeLessThan(before / 2)
    })
  })

  test('a gradient that is not finite is found where it began, although the loss is finite', async () => {
    /** Passes its values on, and in one step gives a gradient that nobody can use. */
    let isBroken = false
    const crack = defineNode({
      type: 'crack',
      inputs: ['x'],
      outputs: ['y'],
      shapes: ({ x }) => ({ y: x }),
      forward: ({ x }, _, { kernels: k }) => ({ y: k.copy(x) }),
      backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.scale(dy, isBroken ? Number.NaN : 1) }),
    })
    const x = input({ name: 'x', shape: [2] })
    const prediction = x.pipe(dense({ units: 4 }), tanh(), crack(), dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
    const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1, momentum: 0.5 })) })
    const model = compile(net, { seed: 3, kernels, threads: 1, nodes: [crack] })
    const trainer = createTrainer(model, { data, batchSize: 16, epochs: 2 })
    await trainer.step(3)
    const bytes = bytesOf(model)
    isBroken = true
    const error = await rejectionOf(trainer.step(1))
    expect(error).toMatchObject({ code: 'NOT_FINITE', place: 'dense1.kernel, step 4, next value' })
    expect(error.got).toContain('the first non-finite number is in the gradient of crack1.x')
    expect(bytesOf(model)).toEqual(bytes)
    isBroken = false
    expect((await trainer.run()).status).toBe('finished')
  })

  test('values that were given from outside are found to be where it began', async () => {
    const x = input({ name: 'x', shape: [2] })
    const prediction = x.pipe(dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
    const model = compile(graph({ prediction, loss, update: loss.pipe(sgd()) }), { kernels })
    model.node('dense1').parameters.kernel.assign([[Number.NaN], [1]])
    const error = await rejectionOf(createTrainer(model, { data, epochs: 1 }).run())
    expect(error.place).toContain('meanSquaredError1 forward, step 1')
    expect(error.got).toContain('the value of dense1.kernel')
    model.node('dense1').parameters.kernel.assign([[1], [1]])
    expect((await createTrainer(model, { data, epochs: 1 }).run()).status).toBe('finished')
  })
})
