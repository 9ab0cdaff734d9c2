import { describe, expect, expectTypeOf, test } from 'vitest'
import { type GraphDef, graph, graphFromJson, graphToJson, input, inspect, Port } from '../../core/index.ts'
import {
  add,
  dense,
  linear,
  meanSquaredError,
  multiply,
  relu,
  sgd,
  sigmoid,
  subtract,
} from '../../nodes/index.ts'
import { errorOf, passing, registry } from './support.ts'

const ids = ({ nodes }: GraphDef) => nodes.map(({ id }) => id)
const x = input({ name: 'x', shape: [3] })
const target = input({ name: 'target', shape: [1] })

describe('graph', () => {
  test('describes nodes, edges and outputs as plain data', () => {
    const prediction = x.pipe(dense({ units: 1, useBias: false }))
    const loss = meanSquaredError()(prediction, target)
    const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
    expect(net).toMatchObject({
      format: 'gradstream-graph',
      version: 1,
      nodes: [
        { id: 'x', type: 'input', version: 1, config: { shape: [3] }, inputs: {} },
        {
          id: 'dense1',
          type: 'dense',
          config: { units: 1, useBias: false, kernelInitializer: 'glorotUniform' },
          inputs: { x: { node: 'x', output: 'value' } },
        },
        { id: 'target', type: 'input' },
        {
          id: 'meanSquaredError1',
          type: 'meanSquaredError',
          inputs: {
            prediction: { node: 'dense1', output: 'y' },
            target: { node: 'target', output: 'value' },
          },
        },
        { id: 'sgd1', type: 'sgd', inputs: { loss: { node: 'meanSquaredError1', output: 'loss' } } },
      ],
      outputs: {
        prediction: { node: 'dense1', output: 'y' },
        loss: { node: 'meanSquaredError1', output: 'loss' },
        update: { node: 'sgd1', output: 'update' },
      },
    })
  })

  test('is plain data that JSON holds without loss', () => {
    const net = graph({ y: add()(x.pipe(dense({ units: 3, trainable: false })), x) })
    expect(JSON.parse(JSON.stringify(net))).toEqual(net)
    for (const node of net.nodes) expect(Object.getPrototypeOf(node)).toBe(Object.prototype)
  })

  test('is frozen all the way down', () => {
    const net = graph({ y: x.pipe(dense({ units: 3 })) })
    const open = (value: unknown): boolean =>
      typeof value === 'object' &&
      value !== null &&
      (!Object.isFrozen(value) || Object.values(value).some(open))
    expect(open(net)).toBe(false)
    expect(() => Object.assign(net.nodes[0] as object, { id: 'other' })).toThrow(TypeError)
  })

  test('is frozen below what was frozen before', () => {
    const table = Object.freeze({ inner: { value: 1 } })
    const net = graph({ y: x.pipe(passing('holder')({ table })) })
    const config = net.nodes[1]?.config as { table: { inner: object } }
    expect(Object.isFrozen(config.table.inner)).toBe(true)
  })

  test('has nothing to do with the arrays that it was written with', () => {
    const shape = [3]
    const net = graph({ y: input({ name: 'x', shape }).pipe(relu()) })
    expect(Object.isFrozen(shape)).toBe(false)
    shape[0] = 5
    expect(net.nodes[0]?.config).toEqual({ shape: [3] })
  })

  test('is the same when it is written again, and when one port is read twice', () => {
    const write = () => graph({ y: input({ shape: [3] }).pipe(dense({ units: 2 }), relu()) })
    expect(write()).toEqual(write())
    const y = x.pipe(relu())
    expect(graph({ y })).toEqual(graph({ y }))
  })

  test('holds what its outputs stand on, and nothing else', () => {
    const h = x.pipe(dense({ units: 2 }))
    h.pipe(sigmoid())
    expect(ids(graph({ y: h.pipe(relu()) }))).toEqual(['x', 'dense1', 'relu1'])
  })

  test('holds each node after those that feed it, whichever output comes first', () => {
    const a = x.pipe(relu())
    const b = add()(a, a.pipe(sigmoid()), x)
    const net = graph({ b, a })
    const seen = new Set<string>()
    for (const { id, inputs } of net.nodes) {
      for (const { node } of Object.values(inputs)) expect(seen).toContain(node)
      seen.add(id)
    }
    expect(Object.keys(net.outputs)).toEqual(['b', 'a'])
  })

  test('numbers the inputs beyond those that a node names, and meets no other name of the node', () => {
    const count = 30
    const net = graph({ y: add()(...Array.from({ length: count }, () => x)) })
    const names = Object.keys(net.nodes[1]?.inputs ?? {})
    expect(names.slice(0, 4)).toEqual(['a', 'b', 'input3', 'input4'])
    expect(new Set([...names, ...add.definition.outputs]).size).toBe(count + 1)
  })

  test('leaves an input open where no port is given, for validate to tell', () => {
    // @ts-expect-error an argument is missing
    const net = graph({ y: multiply()(x) })
    expect(net.nodes[1]?.inputs).toEqual({ a: { node: 'x', output: 'value' } })
  })

  test.each([
    ['a port that is not there', { y: undefined }],
    ['a node that is not applied', { y: relu() }],
    ['a number', { y: 3 }],
  ])('refuses %s as an output, naming it', (_, outputs) => {
    const error = errorOf(() => graph(outputs as never))
    expect(error.code).toBe('INVALID_OPTION')
    expect(error.place).toContain('"y"')
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a port by itself', x],
  ])('refuses %s where outputs by name belong', (_, outputs) => {
    expect(errorOf(() => graph(outputs as never)).code).toBe('INVALID_OPTION')
  })

  test.each([
    ['a typed array', Float32Array.of(1, 2)],
    ['a map', new Map([['a', 1]])],
    ['a date', new Date(0)],
    ['a value of a class', x],
  ])('refuses %s in a config, which JSON cannot hold, rather than change it', (_, value) => {
    const error = errorOf(() => graph({ y: x.pipe(passing('holder')({ value })) }))
    expect(error.message).toContain('holder1')
  })

  test('refuses more inputs than a node has, naming those that it has', () => {
    const error = errorOf(() => graph({ y: subtract()(x, x, x) }))
    expect(error.message).toContain('expected 2 inputs, a and b, got 3 arguments')
  })

  test('takes a single port as pipe does, whatever the number of functions', () => {
    const none = x.pipe(linear())
    expect(none).toBeInstanceOf(Port)
    const many = x.pipe(
      relu(),
      relu(),
      relu(),
      relu(),
      relu(),
      relu(),
      relu(),
      relu(),
      relu(),
      relu(),
      relu(),
    )
    expect(ids(graph({ many }))).toHaveLength(12)
  })

  test('knows its predicted outputs by type: those that are neither loss nor update', () => {
    const prediction = x.pipe(dense({ units: 1 }))
    const loss = meanSquaredError()(prediction, target)
    const net = graph({ prediction, hidden: x, loss, update: loss.pipe(sgd()) })
    expectTypeOf<Exclude<typeof net.predicted, undefined>[number]>().toEqualTypeOf<'prediction' | 'hidden'>()
    expectTypeOf(loss).toEqualTypeOf<Port<'loss', 'x' | 'target'>>()
    expectTypeOf(loss.pipe(sgd())).toEqualTypeOf<Port<'update', 'x' | 'target'>>()
  })
})

describe('names', () => {
  test('are given by type and order', () => {
    const y = x.pipe(dense({ units: 2 }), relu(), dense({ units: 2 }), relu(), dense({ units: 1 }))
    expect(ids(graph({ y }))).toEqual(['x', 'dense1', 'relu1', 'dense2', 'relu2', 'dense3'])
  })

  test('follow the first inputs first', () => {
    const y = add()(x.pipe(relu()), x.pipe(relu(), relu()))
    expect(ids(graph({ y }))).toEqual(['x', 'relu1', 'relu2', 'relu3', 'add1'])
  })

  test('may be chosen, and are then left out of the counting', () => {
    const y = x.pipe(
      dense({ units: 2, name: 'first' }),
      dense({ units: 2 }),
      dense({ units: 2, name: 'dense2' }),
    )
    expect(ids(graph({ y: y.pipe(dense({ units: 1 })) }))).toEqual([
      'x',
      'first',
      'dense1',
      'dense2',
      'dense3',
    ])
  })

  test('that are given go around those that are chosen, wherever they stand', () => {
    const y = x.pipe(relu(), relu({ name: 'relu1' }), relu({ name: 'relu3' }), relu())
    expect(ids(graph({ y }))).toEqual(['x', 'relu2', 'relu1', 'relu3', 'relu4'])
  })

  test('that are given never meet, even where types end in digits', () => {
    const relu6 = passing('relu6')
    const y = x.pipe(...(Array.from({ length: 61 }, () => relu()) as [ReturnType<typeof relu>]))
    const all = ids(graph({ y: y.pipe(relu6(), relu6()) }))
    expect(new Set(all).size).toBe(all.length)
  })

  test('belong to a graph, not to a node: another graph counts anew', () => {
    const h = x.pipe(relu(), relu())
    expect(ids(graph({ y: h }))).toEqual(['x', 'relu1', 'relu2'])
    expect(ids(graph({ y: x.pipe(relu()) }))).toEqual(['x', 'relu1'])
  })
})

describe('a layer that is applied twice', () => {
  test('shares its parameters with its first use', () => {
    const encoder = dense({ units: 2 })
    const other = input({ name: 'other', shape: [3] })
    const net = graph({ y: add()(encoder(x), encoder(other), encoder(x)) })
    expect(net.nodes.filter(({ type }) => type === 'dense')).toMatchObject([
      { id: 'dense1', inputs: { x: { node: 'x' } } },
      { id: 'dense2', shares: 'dense1', inputs: { x: { node: 'other' } } },
      { id: 'dense3', shares: 'dense1' },
    ])
    expect(net.nodes.find(({ id }) => id === 'dense1')).not.toHaveProperty('shares')
  })

  test('is numbered after its name', () => {
    const encoder = dense({ units: 2, name: 'encoder' })
    const taken = relu({ name: 'encoder2' })
    expect(ids(graph({ y: add()(encoder(x), encoder(x), taken(x)) }))).toEqual([
      'x',
      'encoder',
      'encoder3',
      'encoder2',
      'add1',
    ])
  })

  test('is one node where its one output is used twice', () => {
    const h = x.pipe(dense({ units: 3 }))
    expect(ids(graph({ y: add()(h, h) }))).toEqual(['x', 'dense1', 'add1'])
  })

  test('keeps what was said of its training in each use', () => {
    const frozen = dense({ units: 3, trainable: false })
    const net = graph({ y: frozen(frozen(x)) })
    expect(net.nodes.slice(1).map(({ trainable }) => trainable)).toEqual([false, false])
  })
})

test('a chain of 20,000 nodes is read, written, read back and checked without growing the stack', () => {
  const length = 20_000
  let y: Port<'value'> = x
  for (let i = 0; i < length; i++) y = relu()(y)
  const net = graph({ y })
  expect(ids(net)).toHaveLength(length + 1)
  expect(net.nodes.at(-1)?.id).toBe(`relu${length}`)
  const copy = graphFromJson(graphToJson(net))
  expect(copy.nodes.at(-1)).toEqual(net.nodes.at(-1))
  const backward = { ...copy, nodes: copy.nodes.toReversed() }
  const { faults, nodes } = inspect(backward, registry())
  expect(faults).toEqual([])
  expect(nodes.at(-1)?.id).toBe(`relu${length}`)
})
