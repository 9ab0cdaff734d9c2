import { describe, expect, test } from 'vitest'
import {
  block,
  defineNode,
  type Fault,
  type GraphDef,
  graph,
  input,
  inspect,
  inspected,
  type NodeDef,
  type Port,
} from '../../core/index.ts'
import { add, concatenate, dense, meanSquaredError, relu, sgd } from '../../nodes/index.ts'
import { errorOf, passing, registry, total, written } from './support.ts'

const faultsOf = (net: GraphDef, ...nodes: NodeDef[]): readonly Fault[] =>
  inspect(net, registry(total, ...nodes)).faults
const codesOf = (net: GraphDef, ...nodes: NodeDef[]) => faultsOf(net, ...nodes).map(({ code }) => code)

const x = input({ name: 'x', shape: [3] })
const target = input({ name: 'target', shape: [1] })
const lossOf = (prediction: Port) => meanSquaredError()(prediction, target)

test('a graph that can be compiled has no faults', () => {
  const loss = lossOf(x.pipe(dense({ units: 4 }), relu(), dense({ units: 1 })))
  expect(faultsOf(graph({ loss, update: loss.pipe(sgd()) }))).toEqual([])
})

test('a node that takes any number of inputs takes three and thirty', () => {
  for (const count of [3, 30]) {
    expect(faultsOf(graph({ y: add()(...Array.from({ length: count }, () => x)) }))).toEqual([])
  }
})

/** The parameters of the network in which optimizers name theirs by patterns. */
const ALL = ['dense1', 'residual1/dense1', 'a*', 'ab'].flatMap(id => [`${id}.kernel`, `${id}.bias`])

describe('a fault of structure', () => {
  test('is a type that nobody defined, with the way to pass it', () => {
    const mystery = passing('mystery')
    const net = graph({ y: x.pipe(mystery()) })
    expect(faultsOf(net)).toEqual([
      {
        severity: 'error',
        code: 'UNKNOWN_TYPE',
        place: 'mystery1',
        expected: 'a type that is defined',
        got: '"mystery"',
        hint: 'Pass its definition: compile(graph, { nodes: [mystery] }).',
        message: expect.stringMatching(/^mystery1: expected .* \[UNKNOWN_TYPE\]$/),
      },
    ])
    expect(faultsOf(net, mystery)).toEqual([])
  })

  test('is an input that is connected to nothing', () => {
    // @ts-expect-error an argument is missing
    const [fault, ...others] = faultsOf(graph({ y: concatenate()(x) }))
    expect(others).toEqual([])
    expect(fault).toMatchObject({ code: 'OPEN_PORT', place: 'concatenate1', got: 'nothing' })
    expect(fault?.expected).toContain('"b"')
    expect(fault?.hint).toContain('Connect it')
  })

  test.each([
    ['a node that is not there', { a: 'x', b: 'nobody' }, 'nobody'],
    ['an output that its node does not have', { a: 'x', b: 'x.other' }, '"other" of "x", which has "value"'],
  ])('is an edge from %s', (_, inputs, got) => {
    const net = written(
      { x: { type: 'input', config: { shape: [3] } }, sum: { type: 'add', inputs } },
      'x',
      'sum',
    )
    expect(faultsOf(net)).toMatchObject([
      { code: 'OPEN_PORT', place: 'sum', got: expect.stringContaining(got) },
    ])
  })

  test('is an edge to an input that the node does not have', () => {
    const net = written(
      { x: { type: 'input', config: { shape: [3] } }, relu1: { type: 'relu', inputs: { x: 'x', z: 'x' } } },
      'relu1',
    )
    const [fault] = faultsOf(net)
    expect(fault).toMatchObject({ code: 'OPEN_PORT', place: 'relu1' })
    expect(fault?.expected).toContain('"z"')
  })

  test('is an edge to an input beyond those that a node of any number of inputs gives names to', () => {
    const net = written(
      {
        x: { type: 'input', config: { shape: [3] } },
        sum: { type: 'add', inputs: { a: 'x', b: 'x', total: 'x' } },
      },
      'sum',
    )
    expect(faultsOf(net)).toMatchObject([{ code: 'OPEN_PORT', place: 'sum' }])
  })

  test.each([
    ['a node that is not there', 'nobody'],
    ['an output that its node does not have', 'x.other'],
  ])('is an output of the graph from %s', (_, ref) => {
    const net = written({ x: { type: 'input', config: { shape: [3] } } }, 'x', ref)
    expect(faultsOf(net)).toMatchObject([{ code: 'OPEN_PORT', place: `output "${ref}"` }])
  })

  test('is a cycle, named edge by edge in the direction of the edges', () => {
    const net = written(
      {
        x: { type: 'input', config: { shape: [3] } },
        a: { type: 'add', inputs: { a: 'x', b: 'c' } },
        b: { type: 'relu', inputs: { x: 'a' } },
        c: { type: 'relu', inputs: { x: 'b' } },
        after: { type: 'relu', inputs: { x: 'c' } },
      },
      'after',
    )
    const [fault, ...others] = faultsOf(net)
    expect(others).toEqual([])
    expect(fault).toMatchObject({ code: 'CYCLE', hint: 'Remove one of these edges.' })
    const named = fault?.got.replace('the cycle ', '').split(' → ') ?? []
    expect(named).toHaveLength(4)
    expect(named.at(0)).toBe(named.at(-1))
    const edges = named.slice(1).map((to, i) => `${named[i]} → ${to}`)
    expect(edges.sort()).toEqual(['a → b', 'b → c', 'c → a'])
  })

  test('is a node that feeds itself', () => {
    const net = written({ a: { type: 'relu', inputs: { x: 'a' } } }, 'a')
    expect(faultsOf(net)).toMatchObject([{ code: 'CYCLE', got: 'the cycle a → a' }])
  })

  test('is each of two cycles', () => {
    const net = written(
      {
        a: { type: 'relu', inputs: { x: 'b' } },
        b: { type: 'relu', inputs: { x: 'a' } },
        c: { type: 'relu', inputs: { x: 'd' } },
        d: { type: 'relu', inputs: { x: 'c' } },
      },
      'a',
      'c',
    )
    const cycles = faultsOf(net).map(({ got }) => got)
    expect(cycles).toHaveLength(2)
    expect(cycles.join()).toMatch(/a → b → a|b → a → b/)
    expect(cycles.join()).toMatch(/c → d → c|d → c → d/)
  })

  test('is each of two cycles, also where one stands on the other', () => {
    const net = written(
      {
        b1: { type: 'add', inputs: { a: 'a1', b: 'b2' } },
        b2: { type: 'relu', inputs: { x: 'b1' } },
        a1: { type: 'relu', inputs: { x: 'a2' } },
        a2: { type: 'relu', inputs: { x: 'a1' } },
      },
      'b1',
    )
    const cycles = faultsOf(net).map(({ got }) => got)
    expect(cycles).toHaveLength(2)
    expect(cycles.join()).toMatch(/a1 → a2 → a1|a2 → a1 → a2/)
    expect(cycles.join()).toMatch(/b1 → b2 → b1|b2 → b1 → b2/)
  })

  test('is a name that two nodes have', () => {
    const y = add()(x.pipe(relu({ name: 'twin' })), x.pipe(dense({ units: 3, name: 'twin' })))
    expect(faultsOf(graph({ y }))).toMatchObject([
      { code: 'DUPLICATE_NAME', place: 'twin', got: 'a second one, of type "dense"' },
    ])
  })

  test('is a name that two nodes have, and not also the input in front of one of them', () => {
    const other = input({ name: 'other', shape: [3] })
    const net = graph({ a: x.pipe(relu({ name: 'twin' })), b: other.pipe(relu({ name: 'twin' })) })
    expect(codesOf(net)).toEqual(['DUPLICATE_NAME'])
  })

  test('is a shape that a node cannot take, naming the edge', () => {
    const [fault] = faultsOf(graph({ y: add()(x.pipe(dense({ units: 2 })), x) }))
    expect(fault).toMatchObject({ code: 'SHAPE_MISMATCH', got: '[batch, 3]' })
    expect(fault?.place).toBe('add1, fed by "dense1" and "x"')
    expect(fault?.expected).toContain('[batch, 2]')
  })

  test('is a shape that makes the shape function of a node throw, with what arrived', () => {
    const net = written(
      {
        x: { type: 'input', config: { shape: [3] } },
        joined: { type: 'concatenate', config: { axis: 7 }, inputs: { a: 'x', b: 'x' } },
      },
      'joined',
    )
    const [fault] = faultsOf(net)
    expect(fault).toMatchObject({ code: 'SHAPE_MISMATCH', got: 'a [batch, 3], b [batch, 3]' })
    expect(fault?.expected).toContain('axis 7')
  })

  test('is a layer that is used again on another shape', () => {
    const shared = dense({ units: 3 })
    const other = input({ name: 'other', shape: [5] })
    const [fault, ...others] = faultsOf(graph({ y: add()(shared(x), shared(other)) }))
    expect(others).toEqual([])
    expect(fault).toMatchObject({ code: 'SHAPE_MISMATCH', expected: 'kernel [3, 3]', got: '[5, 3]' })
    expect(fault?.place).toContain('"dense1"')
  })

  test.each([
    ['nobody', 'nobody'],
    ['a node of another type', 'relu1'],
  ])('is a layer that shares the parameters of %s', (_, shares) => {
    const net = written(
      {
        x: { type: 'input', config: { shape: [3] } },
        relu1: { type: 'relu', inputs: { x: 'x' } },
        dense1: { type: 'dense', config: { units: 1 }, inputs: { x: 'relu1' }, shares },
      },
      'dense1',
    )
    expect(faultsOf(net)).toMatchObject([{ code: 'OPEN_PORT', place: 'dense1' }])
  })

  test('is an option that has the wrong kind or that nobody knows', () => {
    const net = written(
      {
        x: { type: 'input', config: { shape: [0] } },
        x2: { type: 'input', config: { shape: [3] } },
        a: { type: 'dense', config: { units: 'many' }, inputs: { x: 'x2' } },
        b: { type: 'relu', config: { slope: 1 }, inputs: { x: 'x2' } },
      },
      'x',
      'a',
      'b',
    )
    expect(faultsOf(net)).toMatchObject([
      { code: 'INVALID_CONFIG', place: 'x' },
      { code: 'INVALID_CONFIG', place: 'a' },
      { code: 'INVALID_CONFIG', place: 'b', got: '"slope"' },
    ])
  })

  test('is an option that makes the config function of a node throw, with what it threw', () => {
    const strict = defineNode({
      ...passing('strict').definition,
      config: ({ level = 1 }: { level?: number } = {}) => {
        if (level > 9) throw new RangeError('level is above 9')
        return { level }
      },
    } as never) as NodeDef
    const net = written(
      {
        x: { type: 'input', config: { shape: [3] } },
        strict1: { type: 'strict', config: { level: 11 }, inputs: { x: 'x' } },
      },
      'strict1',
    )
    const [fault, ...others] = faultsOf(net, strict)
    expect(others).toEqual([])
    expect(fault).toMatchObject({ code: 'INVALID_CONFIG', place: 'strict1' })
    expect(fault?.message).toContain('level is above 9')
  })

  test('is an input that leads to no output', () => {
    const net = written(
      {
        x: { type: 'input', config: { shape: [3] } },
        lonely: { type: 'input', config: { shape: [1] } },
        dead: { type: 'input', config: { shape: [1] } },
        end: { type: 'relu', inputs: { x: 'dead' } },
      },
      'x',
    )
    expect(faultsOf(net)).toMatchObject([
      { code: 'UNREACHABLE_INPUT', place: 'lonely', severity: 'error' },
      { code: 'UNREACHABLE_INPUT', place: 'dead', severity: 'error' },
    ])
  })
})

describe('a fault of training', () => {
  test('is a loss that no optimizer reaches, beside one that an optimizer follows', () => {
    const prediction = x.pipe(dense({ units: 1 }))
    const loss = lossOf(prediction)
    const net = graph({ loss, other: lossOf(prediction), update: loss.pipe(sgd()) })
    expect(faultsOf(net)).toMatchObject([
      { code: 'LOSS_NOT_OPTIMIZED', place: 'meanSquaredError2', severity: 'error' },
    ])
  })

  test('is only a warning where the graph has no optimizer at all', () => {
    const net = graph({ loss: lossOf(x.pipe(dense({ units: 1 }))) })
    expect(faultsOf(net)).toMatchObject([{ code: 'LOSS_NOT_OPTIMIZED', severity: 'warning' }])
    expect(inspected(net, registry()).nodes).toHaveLength(4)
  })

  test('is none for losses that are added, and optimized together', () => {
    const prediction = x.pipe(dense({ units: 1 }))
    const sum = add()(lossOf(prediction), lossOf(prediction.pipe(relu())))
    expect(faultsOf(graph({ sum, update: sum.pipe(sgd()) }))).toEqual([])
  })

  test('is an optimizer after something that is not one number', () => {
    const y = x.pipe(dense({ units: 1 }))
    // @ts-expect-error a prediction is no loss
    const net = graph({ y, update: y.pipe(sgd()) })
    expect(faultsOf(net)).toMatchObject([{ code: 'LOSS_NOT_SCALAR', got: 'the shape [batch, 1]' }])
  })

  test('is an optimizer whose loss reaches nothing that can be trained', () => {
    const frozen = lossOf(x.pipe(dense({ units: 1, trainable: false })))
    const [fault, ...others] = faultsOf(graph({ update: frozen.pipe(sgd()) }))
    expect(others).toEqual([])
    expect(fault).toMatchObject({ code: 'NOTHING_TO_TRAIN', place: 'sgd1' })
    expect(fault?.hint).toContain('Make a layer trainable')
  })

  test('is an optimizer whose loss reaches a layer only where no gradient goes through', () => {
    const loss = meanSquaredError()(x, x.pipe(dense({ units: 3 })))
    expect(codesOf(graph({ update: loss.pipe(sgd()) }))).toEqual(['NOTHING_TO_TRAIN'])
  })

  test('is a parameter that two optimizers would update', () => {
    const loss = lossOf(x.pipe(dense({ units: 1 })))
    const net = graph({ a: loss.pipe(sgd()), b: loss.pipe(sgd()) })
    expect(faultsOf(net)).toMatchObject([
      { code: 'OPTIMIZERS_OVERLAP', place: 'sgd2', expected: 'to be the only optimizer of dense1.kernel' },
      { code: 'OPTIMIZERS_OVERLAP', place: 'sgd2', got: '"sgd1" as well' },
    ])
  })

  test('is none where one optimizer names its own and the other takes the rest', () => {
    const loss = lossOf(x.pipe(dense({ units: 2 }), dense({ units: 1 })))
    const net = graph({ a: loss.pipe(sgd()), b: loss.pipe(sgd({ parameters: ['dense1.bias', 'dense2'] })) })
    expect(faultsOf(net)).toEqual([])
    const { plan } = inspect(net, registry())
    const claims = [...plan.claims].map(([{ id }, own]) => [id, own.map(p => `${p.node.id}.${p.name}`)])
    expect(Object.fromEntries(claims)).toEqual({
      sgd1: ['dense1.kernel'],
      sgd2: ['dense1.bias', 'dense2.kernel', 'dense2.bias'],
    })
  })

  test.each<[names: readonly string[], own: readonly string[]]>([
    [['*.bias'], ['dense1.bias', 'residual1/dense1.bias', 'a*.bias', 'ab.bias']],
    [
      ['*.bias', 'residual*'],
      ['dense1.bias', 'residual1/dense1.kernel', 'residual1/dense1.bias', 'a*.bias', 'ab.bias'],
    ],
    [['residual*/dense1'], ['residual1/dense1.kernel', 'residual1/dense1.bias']],
    [['dense*.kernel'], ['dense1.kernel']],
    [['*/*'], ['residual1/dense1.kernel', 'residual1/dense1.bias']],
    [['dense1*'], ['dense1.kernel', 'dense1.bias']],
    [['*'], ALL],
    // The name of a node is no pattern.
    [['a*'], ['a*.kernel', 'a*.bias']],
    [['a**'], ['a*.kernel', 'a*.bias', 'ab.kernel', 'ab.bias']],
  ])('is none where an optimizer names %s', (names, own) => {
    const residual = block('residual', (y: Port) => add()(y, y.pipe(dense({ units: 2 }))))
    const last = [dense({ units: 2, name: 'a*' }), dense({ units: 1, name: 'ab' })] as const
    const loss = lossOf(x.pipe(dense({ units: 2 }), residual, ...last))
    const rest = loss.pipe(sgd({ name: 'rest' }))
    const group = loss.pipe(sgd({ name: 'group', parameters: names }))
    const net = graph(own === ALL ? { group } : { rest, group })
    expect(faultsOf(net)).toEqual([])
    const claims = [...inspect(net, registry()).plan.claims].map(([{ id }, claimed]): [string, string[]] => [
      id,
      claimed.map(p => `${p.node.id}.${p.name}`),
    ])
    const { group: groups, rest: others = [] } = Object.fromEntries(claims)
    expect(groups).toEqual(own)
    expect([...(groups ?? []), ...others].sort()).toEqual([...ALL].sort())
  })

  test('is a parameter that is reached by the losses of two optimizers', () => {
    const trunk = x.pipe(dense({ units: 2, name: 'trunk' }))
    const head = (name: string) => lossOf(trunk.pipe(dense({ units: 1, name })))
    const net = graph({
      a: head('first').pipe(sgd({ parameters: ['trunk', 'first'] })),
      b: head('second').pipe(sgd({ parameters: ['second'] })),
    })
    const [fault, ...others] = faultsOf(net)
    expect(others).toEqual([])
    expect(fault).toMatchObject({
      code: 'LOSSES_MIX',
      place: 'sgd1',
      expected: 'only one loss to reach trunk.kernel',
      got: '"meanSquaredError2" as well',
    })
    expect(fault?.hint).toContain('Add the losses first')
  })

  test('is none for two losses on a trunk that nobody trains', () => {
    const trunk = x.pipe(dense({ units: 2, trainable: false }))
    const head = (name: string) => lossOf(trunk.pipe(dense({ units: 1, name })))
    const net = graph({ a: head('first').pipe(sgd()), b: head('second').pipe(sgd()) })
    expect(faultsOf(net)).toEqual([])
  })

  test('is a parameter that is reached by two losses of one node', () => {
    const twoLosses = defineNode({
      type: 'twoLosses',
      inputs: ['x'],
      outputs: ['a', 'b'],
      shapes: () => ({ a: [], b: [] }),
      forward: ({ x }, _, { kernels: k }) => ({ a: k.sum(x), b: k.mean(x) }),
      backward: ({ a, b }, { x }, _, { kernels: k }) => ({
        x: k.mul(k.fill(x.shape, 1), k.add(a, k.scale(b, 1 / x.size))),
      }),
    })
    const { a, b } = twoLosses()(x.pipe(dense({ units: 2 }), dense({ units: 1 })))
    const net = graph({
      first: a.pipe(sgd({ parameters: ['dense1'] })),
      second: b.pipe(sgd({ parameters: ['dense2'] })),
    })
    expect(new Set(codesOf(net, twoLosses))).toEqual(new Set(['LOSSES_MIX']))
  })

  test.each(['nobody', 'dense1.gamma', 'relu1', 'dense1.'])(
    'is a parameter name that does not exist: %s',
    name => {
      const loss = lossOf(x.pipe(dense({ units: 1 }), relu()))
      const [fault, ...others] = faultsOf(graph({ update: loss.pipe(sgd({ parameters: ['dense1', name] })) }))
      expect(others).toEqual([])
      expect(fault).toMatchObject({ code: 'UNKNOWN_NAME', place: 'sgd1', got: `"${name}"` })
      expect(fault?.expected).toContain('"dense1.kernel"')
    },
  )

  test.each([
    ['a pattern that fits nothing', '*.gamma', 'a pattern that fits one of the parameters'],
    ['a slip', 'dense1.kernl', 'Did you mean "dense1.kernel"?'],
  ])('says so of %s', (_, name, expected) => {
    const loss = lossOf(x.pipe(dense({ units: 1 })))
    const faults = faultsOf(
      graph({ rest: loss.pipe(sgd()), group: loss.pipe(sgd({ parameters: ['*.bias', name] })) }),
    )
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatchObject({ code: 'UNKNOWN_NAME', place: 'sgd2', got: `"${name}"` })
    expect(faults[0]?.message).toContain(expected)
  })

  test('is an optimizer where a node with values is asked for', () => {
    const update = lossOf(x.pipe(dense({ units: 1 }))).pipe(sgd())
    // @ts-expect-error an update is no loss
    for (const after of [update.pipe(relu()), add()(x, update), update.pipe(sgd())]) {
      const faults = faultsOf(graph({ update, after }))
      expect(faults).toHaveLength(1)
      expect(faults[0]?.message).toContain('sgd1')
    }
  })
})

describe('all faults are told at once', () => {
  /** Seven faults of structure, each by itself. */
  const structure = {
    x: { type: 'input', config: { shape: [3] } },
    target: { type: 'input', config: { shape: [1] } },
    lonely: { type: 'input', config: { shape: [1] } },
    mystery: { type: 'mystery', inputs: { x: 'x' } },
    open: { type: 'add', inputs: { a: 'x' } },
    cycleA: { type: 'relu', inputs: { x: 'cycleB' } },
    cycleB: { type: 'relu', inputs: { x: 'cycleA' } },
    wide: { type: 'dense', config: { units: 2 }, inputs: { x: 'x' } },
    clash: { type: 'add', inputs: { a: 'x', b: 'wide' } },
    twin: { type: 'relu', inputs: { x: 'x' } },
    head: { type: 'dense', config: { units: 1 }, inputs: { x: 'x' } },
    ignored: { type: 'meanSquaredError', inputs: { prediction: 'head', target: 'target' } },
    loss: { type: 'meanSquaredError', inputs: { prediction: 'head', target: 'target' } },
    update: { type: 'sgd', inputs: { loss: 'loss' } },
  }
  const outputs = ['mystery', 'open', 'cycleA', 'clash', 'twin', 'ignored', 'update']
  const twice = (net: GraphDef): GraphDef => ({
    ...net,
    nodes: [...net.nodes, ...net.nodes.filter(({ id }) => id === 'twin')],
  })
  const STRUCTURE = [
    ...['CYCLE', 'DUPLICATE_NAME', 'LOSS_NOT_OPTIMIZED', 'OPEN_PORT', 'SHAPE_MISMATCH', 'UNKNOWN_TYPE'],
    'UNREACHABLE_INPUT',
  ]

  test('of structure, each once', () => {
    const net = twice(written(structure, ...outputs))
    expect([...codesOf(net)].sort()).toEqual(STRUCTURE)
  })

  test('of structure and of training, each once', () => {
    const head = (name: string, from: string, more = {}) => ({
      [name]: { type: 'dense', config: { units: 1, useBias: false }, inputs: { x: from }, ...more },
      [`${name}Loss`]: { type: 'total', inputs: { x: name } },
    })
    const optimizer = (name: string, more = {}) => ({
      [`${name}Update`]: { type: 'sgd', inputs: { loss: `${name}Loss` }, ...more },
    })
    const net = twice(
      written(
        {
          ...structure,
          ...head('shared', 'x'),
          ...optimizer('shared'),
          overlapping: { type: 'sgd', inputs: { loss: 'sharedLoss' } },
          trunk: { type: 'dense', config: { units: 2, useBias: false }, inputs: { x: 'x' } },
          ...head('left', 'trunk'),
          ...optimizer('left', { parameters: ['trunk', 'left', 'nobody'] }),
          ...head('right', 'trunk'),
          ...optimizer('right', { parameters: ['right'] }),
          ...head('frozen', 'x', { trainable: false }),
          ...optimizer('frozen'),
        },
        ...outputs,
        ...['sharedUpdate', 'overlapping', 'leftUpdate', 'rightUpdate', 'frozenUpdate'],
      ),
    )
    const training = ['LOSSES_MIX', 'NOTHING_TO_TRAIN', 'OPTIMIZERS_OVERLAP', 'UNKNOWN_NAME']
    expect([...codesOf(net)].sort()).toEqual([...STRUCTURE, ...training].sort())
  })

  test('and what only stands on a faulty node is left out in silence', () => {
    const broken = x.pipe(passing('mystery')())
    const shared = dense({ units: 1 })
    const loss = lossOf(broken.pipe(shared))
    const update = loss.pipe(sgd({ parameters: ['dense1'] }))
    for (const net of [
      graph({ y: x.pipe(shared), loss, update }),
      graph({ loss, update, y: x.pipe(shared) }),
    ]) {
      expect(codesOf(net)).toEqual(['UNKNOWN_TYPE'])
    }
  })

  test('and a loss is not missed that its optimizer follows behind a faulty node', () => {
    const prediction = x.pipe(dense({ units: 1 }))
    const loss = lossOf(prediction)
    const other = lossOf(prediction)
    const net = graph({
      loss,
      first: loss.pipe(sgd()),
      second: other.pipe(passing('mystery')(), sgd()),
    })
    expect(codesOf(net)).toEqual(['UNKNOWN_TYPE'])
  })
})

describe('inspected', () => {
  test('throws a single fault as it is', () => {
    // @ts-expect-error an argument is missing
    const net = graph({ y: add()(x) })
    const [fault] = faultsOf(net)
    const error = errorOf(() => inspected(net, registry()))
    expect(error.toJSON()).toEqual({ ...error.toJSON(), code: 'OPEN_PORT', message: fault?.message })
  })

  test('throws several faults as one error that lists each', () => {
    // @ts-expect-error an argument is missing
    const net = graph({ a: add()(x), b: x.pipe(passing('mystery')()) })
    const error = errorOf(() => inspected(net, registry()))
    expect(error.code).toBe('GRAPH_INVALID')
    for (const { message } of faultsOf(net)) expect(error.message).toContain(message)
    expect(error.message).toContain('validate(graph)')
  })

  test('gives the nodes in an order in which they can fire, whatever their order in the graph', () => {
    const loss = lossOf(add()(x.pipe(dense({ units: 1 })), x.pipe(dense({ units: 1 }))))
    const net = graph({ loss, update: loss.pipe(sgd()) })
    const backward = { ...net, nodes: net.nodes.toReversed() }
    const seen = new Set<string>()
    for (const { id, inputs, owner } of inspected(backward, registry()).nodes) {
      for (const { producer } of inputs) expect(seen).toContain(producer.id)
      expect(owner.id).toBe(id)
      seen.add(id)
    }
    expect(seen.size).toBe(net.nodes.length)
  })

  test('gives a shared layer after the one that owns its parameters, through all of a chain of sharing', () => {
    const owning = { type: 'dense', config: { units: 3 }, inputs: { x: 'x' } }
    const net = written(
      {
        third: { ...owning, shares: 'second' },
        second: { ...owning, shares: 'first' },
        first: owning,
        x: { type: 'input', config: { shape: [3] } },
      },
      'first',
      'second',
      'third',
    )
    const { nodes } = inspected(net, registry())
    expect(nodes.map(({ id, owner }) => [id, owner.id])).toEqual([
      ['x', 'x'],
      ['first', 'first'],
      ['second', 'first'],
      ['third', 'first'],
    ])
  })
})
