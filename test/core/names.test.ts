/** Names: two things that stand in one record have different ones, and order is a list, never the order of keys. */
import {
  add,
  compile,
  concatenate,
  createTrainer,
  defineLoss,
  defineNode,
  defineOptimizer,
  dense,
  fromArrays,
  type GraphDef,
  graph,
  graphFromJson,
  graphToJson,
  input,
  meanSquaredError,
  type Port,
  sgd,
  validate,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { bytesOf, errorOf } from '../runtime/support.ts'
import { countOf } from '../support/counts.ts'
import { Dice } from '../support/dice.ts'
import { randomGraph, WIDTH } from '../support/random-graph.ts'

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [1] })

const spec = (parts: object) => ({
  type: 'odd',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }: { x: [] }) => ({ y: x }),
  forward: () => ({}),
  backward: () => ({}),
  ...parts,
})
const define = (parts: object) => errorOf(() => defineNode(spec(parts) as never))

describe('a definition is refused', () => {
  test.each([
    ['an output is called as an input', { outputs: ['x'] }, '"x", the name of an input'],
    ['a saved value is called as an input', { saved: ['x'] }, '"x", the name of an input'],
    ['a saved value is called as an output', { saved: ['gate', 'y'] }, '"y", the name of an output'],
    ['an input is there twice', { inputs: ['x', 'x'] }, '"x", the name of an input'],
    ['a name is a number', { inputs: ['0'] }, '"0"'],
    ['a name has a dot', { outputs: ['y.z'] }, '"y.z"'],
    ['a name is empty', { saved: [''] }, '""'],
    ['an output is called as a further input', { variadic: true, outputs: ['input3'] }, '"input3"'],
    ['an input is called as a further input', { variadic: true, inputs: ['x', 'input3'] }, '"input3"'],
  ])('where %s', (_, parts, got) => {
    expect(define(parts)).toMatchObject({ code: 'INVALID_CONFIG', place: 'defineNode: odd', got })
  })

  test('where a loss has an input that is called loss', () => {
    const loss = () => defineLoss({ ...spec({ inputs: ['loss'] }), outputs: undefined } as never)
    expect(errorOf(loss)).toMatchObject({ code: 'INVALID_CONFIG', place: 'defineLoss: odd' })
  })

  test.each(['gradient', 'value'])('where a slot is called %s', slot => {
    const optimizer = (needs: boolean) => () =>
      defineOptimizer({
        type: 'odd',
        config: ({ rate }: { rate?: number } = {}) => {
          if (needs && rate === undefined) throw new Error('a rate is needed')
          return { rate }
        },
        slots: () => ({ [slot]: 0 }),
        update: ({ value }) => ({ value }) as never,
      })
    expect(errorOf(optimizer(false))).toMatchObject({ code: 'INVALID_CONFIG', place: 'defineOptimizer: odd' })
    const later = optimizer(true)()
    expect(errorOf(() => later({ rate: 1 }))).toMatchObject({ code: 'INVALID_CONFIG' })
  })

  test.each(['parameters', 'state'])('with its graph, where %s are called as an input or output', kind => {
    for (const name of ['x', 'y', '7', 'a.b']) {
      const node = defineNode(
        spec({ [kind]: () => ({ [name]: { shape: [1] } }) }) as never,
      ) as never as () => (x: Port) => Port
      const faults = validate(graph({ out: node()(x) as never }), { nodes: [node as never] })
      expect(faults).toMatchObject([{ code: 'INVALID_CONFIG', place: 'odd1' }])
    }
  })
})

describe('an output of a graph', () => {
  const first = x.pipe(dense({ units: 1, name: 'first' }))
  const second = first.pipe(dense({ units: 1, name: 'second' }))

  test('may have the name of its node', () => {
    expect(graph({ second }).outputs).toEqual({ second: { node: 'second', output: 'y' } })
  })

  test('is refused the name of another node, where it is written and where it is read', () => {
    const refused = { code: 'DUPLICATE_NAME', place: expect.stringContaining('output "first"') }
    expect(errorOf(() => graph({ first: second }))).toMatchObject(refused)
    expect(errorOf(() => graph({ x: second }))).toMatchObject({ code: 'DUPLICATE_NAME' })
    const json = graphToJson(graph({ out: second })).replace('"out"', '"first"')
    expect(validate(graphFromJson(json))).toMatchObject([refused])
  })

  test('and an optimizer called batchSize are told apart from the size of batches', () => {
    const loss = meanSquaredError()(second, target)
    const model = compile(graph({ loss, update: loss.pipe(sgd({ name: 'batchSize' })) }))
    const data = fromArrays({ x: [[1, 2]], target: [[1]] })
    expect(errorOf(() => createTrainer(model, { data })).code).toBe('DUPLICATE_NAME')
  })
})

describe('the order of keys', () => {
  type Order = (keys: string[], dice: Dice) => string[]
  const orders: Record<string, Order> = {
    sorted: keys => keys.sort(),
    reversed: keys => keys.reverse(),
    'at random': (keys, dice) => keys.sort(() => dice.next() - 0.5),
  }

  /** The same JSON with its keys in another order. */
  function reordered(value: unknown, order: Order, dice: Dice): unknown {
    if (Array.isArray(value)) return value.map(inner => reordered(inner, order, dice))
    if (typeof value !== 'object' || value === null) return value
    const record = value as Record<string, unknown>
    const keys = order(Object.keys(record), dice)
    return Object.fromEntries(keys.map(key => [key, reordered(record[key], order, dice)]))
  }

  /** Trains for some steps; gives all that can be told of the model. */
  async function life(net: GraphDef, width: number, outputs: number) {
    const model = compile(net, { seed: 5, kernels: 'wasm', threads: 1 })
    const rows = (count: number, seed: number) =>
      Array.from({ length: 9 }, (_, i) =>
        Array.from({ length: count }, (_, j) => Math.sin(i * count + j + seed)),
      )
    const data = fromArrays({ x: rows(width, 0), target: rows(outputs, 1) })
    const trainer = createTrainer(model, { data, batchSize: 4, epochs: 2 })
    const { metrics } = await trainer.run()
    const prediction = model.predict({ x: rows(width, 2) }).prediction?.toNested()
    const bytes = bytesOf(model)
    model.dispose()
    return { metrics, prediction, bytes }
  }

  test.each(Object.entries(orders))('does not matter: %s', async (_, order) => {
    for (let seed = 0; seed < countOf({ usual: 8, full: 25 }); seed++) {
      const net = randomGraph(seed, 4 + ((seed * 31) % 40))
      const other = reordered(JSON.parse(graphToJson(net)), order, new Dice(seed)) as GraphDef
      expect(await life(graphFromJson(other), WIDTH, WIDTH)).toEqual(await life(net, WIDTH, WIDTH))
    }
  })

  test.each(Object.entries(orders))('does not matter for many inputs: %s', async (_, order) => {
    for (const merge of [concatenate(), add()]) {
      const parts = Array.from({ length: 14 }, (_, i) => x.pipe(dense({ units: 3, name: `part${i}` })))
      const prediction = merge(...parts).pipe(dense({ units: 1 }))
      const loss = meanSquaredError()(prediction, target)
      const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.01 })) })
      const other = reordered(JSON.parse(graphToJson(net)), order, new Dice(1)) as GraphDef
      expect(await life(other, 2, 1)).toEqual(await life(net, 2, 1))
    }
  })
})
