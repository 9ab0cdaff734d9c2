/** Laws of the engine, over 1,000 random graphs. */
import {
  add,
  compile,
  createTrainer,
  dense,
  fromArrays,
  graph,
  input,
  linear,
  meanSquaredError,
  sgd,
  subtract,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import type { Engine } from '../../runtime/engine/engine.ts'
import { engineOf, type Model } from '../../runtime/engine/model.ts'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'
import { randomGraph, WIDTH } from '../support/random-graph.ts'
import { evaluateRecursively } from '../support/recursive-reference.ts'

const GRAPHS = countOf({ usual: 12, full: 1000 })
const BATCH = 2

type Matrix = number[][]

function randomRows(seed: number, rows = BATCH): Matrix {
  const dice = new Dice(seed)
  return Array.from({ length: rows }, () => Array.from({ length: WIDTH }, () => 2 * dice.next() - 1))
}

/** Does one training step on these rows. */
function step(engine: Engine, feeds: Record<string, Matrix>): void {
  const lent = Object.entries(feeds).map(([name, rows]) => {
    const input = engine.nodes.get(name) as NonNullable<ReturnType<Engine['nodes']['get']>>
    const batch = engine.lendInput(input, [rows.length, (rows[0] as number[]).length])
    batch.data.set(rows.flat())
    return { input, tensor: batch }
  })
  engine.run('train', lent)
}

const weightsOf = (model: Model): number[] =>
  [...engineOf(model).parameters.values()].flatMap(({ value }) => Array.from(value.data))

/** Subscribes to every stream of a model, or to as many as asked for; counts what each emits. */
function tapAll(model: Model, most = Number.POSITIVE_INFINITY): Map<string, number> {
  const counts = new Map<string, number>()
  const tap = (name: string, stream$: { subscribe(next: () => void): unknown }) => {
    if (counts.size >= most) return
    counts.set(name, 0)
    stream$.subscribe(() => counts.set(name, (counts.get(name) as number) + 1))
  }
  for (const id of model.nodes) {
    const { forward$, backward$, parameters } = model.node(id)
    tap(`${id} forward`, forward$)
    tap(`${id} backward`, backward$)
    for (const [name, { gradient$, update$ }] of Object.entries(parameters)) {
      tap(`${id}.${name} gradient`, gradient$)
      tap(`${id}.${name} update`, update$)
    }
  }
  return counts
}

describe('a random graph', () => {
  const sizes = Array.from({ length: GRAPHS }, (_, seed) => 4 + ((seed * 7919) % 197))

  test(`of ${GRAPHS}, of up to 200 nodes: each node fires once a step, and gradients are those of plain recursion`, () => {
    let widest = 0
    let largest = 0
    for (const [seed, size] of sizes.entries()) {
      const net = randomGraph(seed, size)
      const model = compile(net, { seed, precision: 'float64' })
      const engine = engineOf(model)
      const parameters = new Map(
        [...engine.parameters].map(([key, { value }]) => [key, Array.from(value.data)] as const),
      )
      const feeds = { x: randomRows(seed), target: randomRows(seed + 1e6) }
      const expected = evaluateRecursively(net, feeds, parameters)
      const gradients = new Map<string, number[]>()
      for (const [key] of engine.parameters) {
        const [id, name] = key.split('.') as [string, string]
        model.node(id).parameters[name]?.gradient$.subscribe(({ tensor }) => {
          gradients.set(key, Array.from(tensor.data))
        })
      }
      const counts = tapAll(model)
      let loss = Number.NaN
      model.node('loss').forward$.subscribe(({ tensor }) => {
        loss = tensor.item()
      })
      step(engine, feeds)

      expect(loss).toBeCloseTo(expected.loss, 10)
      expect(gradients.size).toBe(parameters.size)
      for (const [key, got] of gradients) {
        const wanted = expected.gradients.get(key) as number[]
        const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
        for (const [i, value] of wanted.entries()) {
          const off = Math.abs((got[i] as number) - value) / scale
          if (!(off <= 1e-10)) expect.fail(`graph ${seed}, ${key}[${i}]: ${got[i]}, by recursion ${value}`)
        }
      }
      // A target gets no gradient, and a frozen layer no update.
      const others = [...counts].filter(
        ([name, count]) => !name.endsWith('update') && count !== (name.startsWith('target back') ? 0 : 1),
      )
      expect(others, `graph ${seed}`).toEqual([])
      const fanOut = new Map<string, number>()
      for (const { inputs } of net.nodes) {
        for (const { node } of Object.values(inputs)) fanOut.set(node, (fanOut.get(node) ?? 0) + 1)
      }
      widest = Math.max(widest, ...fanOut.values())
      largest = Math.max(largest, net.nodes.length)
      model.dispose()
    }
    expect(widest).toBeGreaterThanOrEqual(40)
    expect(largest).toBeGreaterThanOrEqual(200)
  })

  test('has the same weights to the byte with 0 and with 50 taps, and with the same seed twice', () => {
    for (let seed = 0; seed < countOf({ usual: 3, full: 20 }); seed++) {
      const net = randomGraph(seed, 20 + 7 * seed)
      const train = (taps: number) => {
        const model = compile(net, { seed })
        tapAll(model, taps)
        for (let i = 0; i < 5; i++) step(engineOf(model), { x: randomRows(i), target: randomRows(i + 99) })
        return weightsOf(model)
      }
      const alone = train(0)
      expect(train(50)).toEqual(alone)
      expect(train(0)).toEqual(alone)
      const other = compile(net, { seed: seed + 1 })
      expect(weightsOf(other)).not.toEqual(weightsOf(compile(net, { seed })))
    }
  })

  test('has no subscription left after dispose', () => {
    for (let seed = 0; seed < countOf({ usual: 8, full: 20 }); seed++) {
      const model = compile(randomGraph(seed, 50), { seed })
      const engine = engineOf(model)
      let completed = 0
      const counts = tapAll(model)
      model.node('loss').forward$.subscribe({ complete: () => completed++ })
      step(engine, { x: randomRows(1), target: randomRows(2) })
      expect(engine.observed).toBe(true)
      model.dispose()
      expect(engine.observed).toBe(false)
      expect(completed).toBe(1)
      const before = new Map(counts)
      expect(() => step(engine, { x: randomRows(1), target: randomRows(2) })).toThrow('ALREADY_DISPOSED')
      expect(counts).toEqual(before)
    }
  })
})

test('a chain of 10,000 nodes trains', async () => {
  const x = input({ name: 'x', shape: [1] })
  const target = input({ name: 'target', shape: [1] })
  const chain = Array.from({ length: 10_000 }, () => linear())
  const prediction = x.pipe(dense({ units: 1 }), ...chain, linear())
  const loss = meanSquaredError()(prediction, target)
  const model = compile(graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.3 })) }), {
    seed: 1,
  })
  const data = fromArrays({ x: [[-1], [0], [1], [2]], target: [[-1], [1], [3], [5]] })
  const { metrics } = await createTrainer(model, { data, epochs: 60, batchSize: 2 }).run()
  expect(metrics.loss).toBeLessThan(1e-3)
  expect(model.predict({ x: [[10]] }).prediction.data[0] as number).toBeCloseTo(21, 0)
})

test('k diamonds in a row emit once a node, not 2^k times', () => {
  const x = input({ name: 'x', shape: [WIDTH] })
  const target = input({ name: 'target', shape: [WIDTH] })
  let port = x.pipe(dense({ units: WIDTH }))
  for (let i = 0; i < 40; i++) port = subtract()(add()(port, port), port)
  const loss = meanSquaredError()(port, target)
  const model = compile(graph({ port, loss, update: loss.pipe(sgd()) }))
  const counts = tapAll(model)
  step(engineOf(model), { x: randomRows(3), target: randomRows(4) })
  expect([...counts].filter(([name, count]) => count > 1 && name).length).toBe(0)
  expect(counts.get('dense1 backward')).toBe(1)
})
