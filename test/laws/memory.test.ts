/** Memory depends on the largest need, not on the order of what was asked for, and nothing is kept of what is over. */
import {
  compile,
  createTrainer,
  dense,
  evaluate,
  fromArrays,
  graph,
  input,
  type KernelsName,
  type Model,
  meanSquaredError,
  relu,
  sgd,
  Tensor,
  tanh,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { findBlas } from '../../kernels/blas/library.ts'
import type { WasmMemory } from '../../kernels/wasm/memory.ts'
import { engineOf } from '../../runtime/engine/model.ts'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'

const ROUNDS = countOf({ usual: 100, full: 1000 })

const kinds: readonly KernelsName[] = ['wasm', ...(findBlas().library ? (['blas'] as const) : [])]

/** Bytes that are given out, and how far the memory has grown. */
function memoryOf(model: Model): { used: number; grown: number } {
  const { memory } = engineOf(model).kernels as unknown as { memory: WasmMemory }
  return { used: memory.used, grown: memory.memory.buffer.byteLength }
}

/** How many tensors can be reached from an object. */
function tensorsIn(root: object): number {
  const seen = new Set<object>([root])
  let count = 0
  for (const each of seen) {
    if (each instanceof Tensor) count++
    const inside =
      each instanceof Map ? [...each.keys(), ...each.values()] : each instanceof Set ? [...each] : []
    for (const value of ArrayBuffer.isView(each) ? [] : [...Object.values(each), ...inside])
      if (typeof value === 'object' && value !== null) seen.add(value)
  }
  return count
}

const rowsOf = (count: number, width: number) =>
  Array.from({ length: count }, (_, i) => Array.from({ length: width }, (_, j) => Math.sin(i + j)))

describe.each(kinds)('with kernels %s', kernels => {
  const deep = () => {
    const x = input({ name: 'x', shape: [16] })
    const prediction = x.pipe(
      dense({ units: 256 }),
      relu(),
      dense({ units: 256 }),
      tanh(),
      dense({ units: 1 }),
    )
    return compile(graph({ prediction }), { seed: 1, kernels, threads: 1 })
  }
  const trained = () => {
    const x = input({ name: 'x', shape: [16] })
    const prediction = x.pipe(dense({ units: 64 }), relu(), dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
    const net = graph({ prediction, loss, update: loss.pipe(sgd({ momentum: 0.5 })) })
    return compile(net, { seed: 1, kernels, threads: 1 })
  }
  const data = (count: number) => fromArrays({ x: rowsOf(count, 16), target: rowsOf(count, 1) }).standardize()

  test('steps that are fired node by node leave nothing of themselves', async () => {
    const net = trained().graph
    const model = compile(net, { seed: 1, kernels, threads: 1, replay: false })
    const trainer = createTrainer(model, { data: data(32), batchSize: 8, epochs: 1e9 })
    const counts: number[] = []
    for (const steps of [20, 100, 100]) {
      await trainer.step(steps)
      counts.push(tensorsIn(engineOf(model)))
    }
    expect(counts[0]).toBeGreaterThan(10)
    expect(new Set(counts).size).toBe(1)
    trainer.dispose()
    model.dispose()
  })

  test('predictions of ever more rows, of ever fewer, and of any number take about the same', () => {
    const apart = countOf({ usual: 8, full: 3 })
    const counts = Array.from({ length: 600 / apart }, (_, i) => apart * (i + 1))
    const dice = new Dice(1)
    const orders = {
      ascending: counts,
      descending: counts.toReversed(),
      any: counts.toSorted(() => dice.next() - 0.5),
    }
    const all = rowsOf(600, 16)
    const grown = Object.values(orders).map(order => {
      const model = deep()
      for (const count of order) model.predict({ x: all.slice(0, count) })
      const { grown } = memoryOf(model)
      model.dispose()
      return grown
    })
    expect(Math.max(...grown)).toBeLessThan(2 * Math.min(...grown))
    expect(Math.max(...grown)).toBeLessThan(12e6)
  })

  test(`${ROUNDS} evaluations and trainers leave nothing`, async () => {
    const model = trained()
    const [train, few] = [data(64), data(21)]
    const round = async () => {
      await evaluate(model, few, { metrics: ['r2'], batchSize: 8 })
      const trainer = createTrainer(model, {
        data: train,
        validation: few,
        metrics: ['r2', 'meanAbsoluteError'],
      })
      await trainer.step(1)
      trainer.dispose()
    }
    for (let i = 0; i < 5; i++) await round()
    const before = memoryOf(model)
    for (let i = 0; i < ROUNDS; i++) await round()
    expect(memoryOf(model)).toEqual(before)
    model.dispose()
  })

  test('a trainer that cannot be made leaves nothing', async () => {
    const model = trained()
    await createTrainer(model, { data: data(64), epochs: 1 }).run()
    const before = memoryOf(model)
    const bad: object[] = [
      { data: fromArrays({ x: rowsOf(3, 15), target: rowsOf(3, 1) }) },
      { data: data(64), metrics: ['f1'] },
      { data: data(64), metrics: [{ metric: 'r2', prediction: 'x', target: 'target' }] },
      { data: data(64), validation: fromArrays({ x: rowsOf(3, 16) }) },
    ]
    for (const options of bad) expect(() => createTrainer(model, options as never)).toThrow()
    expect(memoryOf(model)).toEqual(before)
    model.dispose()
  })

  test('batches of all sizes in turn take what the largest takes', async () => {
    const sizes = [1, 48, 7, 33, 16, 48, 2, 32, 5]
    const model = trained()
    const train = async (size: number) => {
      const trainer = createTrainer(model, { data: data(96), batchSize: size })
      await trainer.step(5)
      trainer.dispose()
    }
    await train(48)
    await train(48)
    const largest = memoryOf(model)
    for (const size of sizes) await train(size)
    expect(memoryOf(model)).toEqual(largest)
    model.dispose()
  })
})
