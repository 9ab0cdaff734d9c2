import { describe, expect, test } from 'vitest'
import {
  check,
  defineNode,
  GradstreamError,
  type GraphDef,
  graph,
  graphFromJson,
  graphToJson,
  input,
  inspect,
  isSameJson,
  type NodeDef,
  RandomKey,
} from '../../core/index.ts'
import { add, concatenate, dense, dropout, meanSquaredError, relu, sgd, softmax } from '../../nodes/index.ts'
import { countOf } from '../support/counts.ts'
import { errorOf, passing, registry } from './support.ts'

/** A graph with everything that a graph can have. */
function everything(): GraphDef {
  const x = input({ name: 'x', shape: [4] })
  const target = input({ name: 'target', shape: [2] })
  const shared = dense({ units: 4, name: 'shared' })
  const h = add()(shared(x), x.pipe(shared, relu()), x)
  const frozen = h.pipe(dense({ units: 2, trainable: false }), dropout({ rate: 0.25 }))
  const prediction = concatenate()(frozen, h).pipe(dense({ units: 2, useBias: false }), softmax())
  const loss = meanSquaredError()(prediction, target)
  const update = loss.pipe(
    sgd({ learningRate: 1e-3, momentum: 0.9, parameters: ['shared', 'dense2.kernel'] }),
  )
  return graph({ prediction, hidden: h, loss, update })
}

describe('a graph as JSON', () => {
  test.each([undefined, 0, 4])('is read back the same, with the indent %s', indent => {
    const net = everything()
    expect(graphFromJson(graphToJson(net, indent))).toEqual(net)
    expect(graphFromJson(JSON.parse(graphToJson(net, indent)))).toEqual(net)
  })

  test('is read back the same once more, letter by letter', () => {
    const text = graphToJson(everything())
    expect(graphToJson(graphFromJson(text))).toBe(text)
  })

  test('is frozen all the way down when it is read', () => {
    const net = graphFromJson(graphToJson(everything()))
    const open = (value: unknown): boolean =>
      typeof value === 'object' &&
      value !== null &&
      (!Object.isFrozen(value) || Object.values(value).some(open))
    expect(open(net)).toBe(false)
  })

  test('has its keys in an order that does not depend on how the graph came to be', () => {
    const shuffled = (value: unknown, key: RandomKey): unknown => {
      if (Array.isArray(value)) return value.map((item, i) => shuffled(item, key.child(i)))
      if (typeof value !== 'object' || value === null) return value
      const entries = Object.entries(value)
      const order = [...key.permutation(entries.length)].map(i => entries[i] as [string, unknown])
      return Object.fromEntries(order.map(([name, inner]) => [name, shuffled(inner, key.child(name))]))
    }
    const net = everything()
    const text = graphToJson(net)
    for (let seed = 0; seed < 20; seed++) {
      // The order of inputs and outputs has a meaning, and stays.
      const other = shuffled(JSON.parse(text), RandomKey.of(seed)) as GraphDef
      const nodes = other.nodes.map((node, i) => ({ ...node, inputs: net.nodes[i]?.inputs ?? {} }))
      expect(graphToJson({ ...other, nodes, outputs: net.outputs })).toBe(text)
    }
  })

  test('tells first what a thing is', () => {
    const net = graph({ y: input({ name: 'x', shape: [2] }).pipe(dense({ units: 1, useBias: false })) })
    expect(graphToJson(net, 0)).toBe(
      '{"format":"gradstream-graph","version":1,"nodes":[' +
        '{"id":"x","type":"input","version":1,"config":{"shape":[2]},"inputs":{}},' +
        '{"id":"dense1","type":"dense","version":1,"config":{"biasInitializer":"zeros",' +
        '"kernelInitializer":"glorotUniform","units":1,"useBias":false},' +
        '"inputs":{"x":{"node":"x","output":"value"}}}],' +
        '"outputs":{"y":{"node":"dense1","output":"y"}}}',
    )
  })

  test('keeps the order of inputs and outputs', () => {
    const x = input({ name: 'x', shape: [2] })
    const net = graph({ zeta: concatenate()(x.pipe(relu()), x), alpha: x })
    const copy = graphFromJson(graphToJson(net))
    expect(Object.keys(copy.outputs)).toEqual(['zeta', 'alpha'])
    expect(Object.keys(copy.nodes.at(-1)?.inputs ?? {})).toEqual(['a', 'b'])
  })

  test('keeps the order of inputs whose names are not in the order of the alphabet', () => {
    const x = input({ name: 'x', shape: [2] })
    const net = graph({ y: concatenate()(...Array.from({ length: 40 }, () => x)) })
    const inputsOf = ({ nodes }: GraphDef) => Object.keys(nodes.at(-1)?.inputs ?? {})
    expect(inputsOf(graphFromJson(graphToJson(net)))).toEqual(inputsOf(net))
  })

  test.each([
    ['a text', { text: 'a "quoted" text\n' }],
    ['null', { nothing: null }],
    ['lists and objects', { list: [1, [2, { three: 3 }]], object: {} }],
    [
      'options named like the parts of a graph',
      { inputs: [1], outputs: { b: 1, a: 2 }, node: 'n', format: 'f' },
    ],
    ['an option named predicted', { predicted: true }],
    ['numbers of all sizes', { small: 5e-324, large: 1.7976931348623157e308, negative: -0.1 }],
  ])('holds configs with %s', (_, config) => {
    const net = graph({ y: input({ name: 'x', shape: [2] }).pipe(passing('holder')(config)) })
    expect(graphFromJson(graphToJson(net)).nodes[1]?.config).toEqual(config)
  })

  test.each([
    ['a function', { initializer: () => 0 }],
    ['a big integer', { count: 3n }],
  ])('is refused for a config with %s, naming the option', (_, config) => {
    const net = () => graph({ y: input({ name: 'x', shape: [2] }).pipe(passing('holder')(config)) })
    const error = errorOf(() => graphToJson(net()))
    expect(error.code).toBe('GRAPH_FORMAT')
    expect(error.place).toContain(`config "${Object.keys(config)[0]}"`)
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('is refused where its config holds %j', number => {
    const net = graph({ y: input({ name: 'x', shape: [2] }).pipe(passing('holder')({ rate: 1 })) })
    const nodes = net.nodes.map(node => ({ ...node, config: { ...node.config, rate: number } }))
    const { code, place } = errorOf(() => graphToJson({ ...net, nodes }))
    expect([code, place]).toEqual(['GRAPH_FORMAT', 'config "rate"'])
  })
})

describe('versions', () => {
  const older = (version: number, config: object) =>
    JSON.stringify({
      format: 'gradstream-graph',
      version: 1,
      nodes: [
        { id: 'x', type: 'input', version: 1, config: { shape: [2] }, inputs: {} },
        { id: 'gain1', type: 'gain', version, config, inputs: { x: { node: 'x', output: 'value' } } },
      ],
      outputs: { y: { node: 'gain1', output: 'y' } },
    })

  const gainOf = (more: {
    migrate?: (config: Readonly<Record<string, unknown>>, version: number) => never
  }) =>
    defineNode({
      type: 'gain',
      version: 3,
      config: ({ factor = 1 }: { factor?: number } = {}) => ({ factor: check.finiteNumber({ factor }) }),
      inputs: ['x'],
      outputs: ['y'],
      shapes: ({ x }) => ({ y: x }),
      forward: ({ x }, { factor }, { kernels: k }) => ({ y: k.scale(x, factor) }),
      backward: ({ y: dy }, _, { factor }, { kernels: k }) => ({ x: k.scale(dy, factor) }),
      ...more,
    })
  const read = (text: string, node: NodeDef) => graphFromJson(text, registry(node)).nodes[1]

  test('that are older are migrated, from the version that wrote them', () => {
    const asked: unknown[] = []
    const gain = gainOf({
      migrate: (config, version) => {
        asked.push(version)
        return { factor: version === 1 ? Number(config.percent) / 100 : config.gain } as never
      },
    })
    expect(read(older(1, { percent: 50 }), gain)).toMatchObject({ version: 3, config: { factor: 0.5 } })
    expect(read(older(2, { gain: 2 }), gain)).toMatchObject({ version: 3, config: { factor: 2 } })
    expect(read(older(3, { factor: 4 }), gain)).toMatchObject({ version: 3, config: { factor: 4 } })
    expect(asked).toEqual([1, 2])
  })

  test('that are older are taken as they are where nothing needs migrating', () => {
    expect(read(older(1, { factor: 2 }), gainOf({}))).toMatchObject({ version: 3, config: { factor: 2 } })
  })

  test('that are newer are refused, naming node and versions', () => {
    const error = errorOf(() => read(older(4, {}), gainOf({})))
    expect(error.code).toBe('GRAPH_FORMAT')
    expect(error.message).toContain('gain1 (gain): expected version 3 or older, got 4')
  })

  test('of a config that cannot be migrated are refused as a config, naming the node', () => {
    const migrate = ({ percent }: { readonly percent?: unknown }) => {
      return { factor: check.positiveNumber({ percent: percent as number }) / 100 } as never
    }
    const error = errorOf(() => read(older(1, { percent: -1 }), gainOf({ migrate })))
    expect(error.code).toBe('INVALID_CONFIG')
    expect(error.message).toContain('gain1')
    expect(error.message).toContain('percent to be a number above 0, got -1')
  })

  test('of a migration that fails by itself are refused as a config, with the cause', () => {
    const migrate = (config: Readonly<Record<string, unknown>>) => (config.missing as { x: 1 }).x as never
    const error = errorOf(() => read(older(1, {}), gainOf({ migrate })))
    expect(error.code).toBe('INVALID_CONFIG')
    expect(error.cause).toBeInstanceOf(TypeError)
  })

  test('of a type that is not known are kept, with their config', () => {
    const config = { anything: [1, { goes: true }] }
    const entry = graphFromJson(older(17, config)).nodes[1]
    expect(entry).toMatchObject({ type: 'gain', version: 17, config })
    const copy = graphFromJson(graphToJson(graphFromJson(older(17, config))))
    expect(copy.nodes[1]).toEqual(entry)
  })

  test('of a type that is not known fail when the graph is inspected, naming the way out', () => {
    const { faults } = inspect(graphFromJson(older(1, {})), registry())
    expect(faults).toMatchObject([{ code: 'UNKNOWN_TYPE', place: 'gain1' }])
    expect(faults[0]?.hint).toContain('nodes: [gain]')
  })
})

describe('what is no graph', () => {
  const valid = () => JSON.parse(graphToJson(everything()))

  test.each([
    ['an empty text', ''],
    ['half a graph', graphToJson(everything()).slice(0, 300)],
    ['a number', '5'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['another format', '{"format":"other","version":1,"nodes":[],"outputs":{}}'],
    ['a newer format', '{"format":"gradstream-graph","version":2,"nodes":[],"outputs":{}}'],
    ['no nodes', '{"format":"gradstream-graph","version":1,"outputs":{}}'],
    ['no outputs', '{"format":"gradstream-graph","version":1,"nodes":[]}'],
    ['a list of outputs', '{"format":"gradstream-graph","version":1,"nodes":[],"outputs":[]}'],
  ])('is refused: %s', (_, text) => {
    expect(errorOf(() => graphFromJson(text)).code).toBe('GRAPH_FORMAT')
  })

  test('is refused as a value just as well', () => {
    for (const value of [null, undefined, 5, [], { format: 'gradstream-graph' }]) {
      expect(errorOf(() => graphFromJson(value as never)).code).toBe('GRAPH_FORMAT')
    }
  })

  test.each([
    ['id', 5],
    ['id', undefined],
    ['type', null],
    ['version', 'one'],
    ['version', 1.5],
    ['config', []],
    ['config', 'units'],
    ['inputs', []],
    ['inputs', { x: 'dense1' }],
    ['inputs', { x: { node: 'x' } }],
    ['inputs', { x: null }],
    ['shares', 3],
    ['parameters', 'dense1'],
    ['parameters', [1]],
    ['trainable', 0],
    ['trainable', 'no'],
  ])('is refused for a node whose %s is %j, naming its place', (key, value) => {
    const net = valid()
    net.nodes[2][key] = value
    const error = errorOf(() => graphFromJson(net))
    expect(error.code).toBe('GRAPH_FORMAT')
    expect(error.place).toContain('nodes[2]')
    expect(error.place).toContain(key)
  })

  test('is not changed by being read', () => {
    const value = valid()
    const before = JSON.stringify(value)
    graphFromJson(value)
    expect(JSON.stringify(value)).toBe(before)
    value.nodes[2].config.units = 7
    expect(value.nodes[2].config.units).toBe(7)
  })

  test('cannot reach the prototypes of objects', () => {
    const text = graphToJson(everything(), 0)
      .replaceAll('"config":{"', '"config":{"__proto__":{"owned":1},"')
      .replaceAll('"inputs":{"', '"inputs":{"__proto__":{"node":"x","output":"value"},"')
    expect(text).toContain('"__proto__":{"node"')
    const net = graphFromJson(text)
    inspect(net, registry())
    expect(({} as { owned?: number }).owned).toBeUndefined()
    expect(net.nodes.every(node => Object.getPrototypeOf(node.inputs) === Object.prototype)).toBe(true)
  })

  test('may be deeper than the stack', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const text = graphToJson(everything(), 0)
    for (const hostile of [
      text.replace('"config":{', `"config":{"deep":${deep},`),
      text.replace('"config":{', `"deep":${deep},"config":{`),
      text.replace('"id":"x"', `"id":${deep}`),
      deep,
    ]) {
      tried(hostile)
    }
  })
})

/** Reads and inspects what may be no graph; whatever is thrown that is no `GradstreamError` passes. */
function tried(text: string): 'refused' | 'read' {
  let net: GraphDef
  try {
    net = graphFromJson(text, registry())
  } catch (error) {
    if (error instanceof GradstreamError) return 'refused'
    throw error
  }
  const { faults } = inspect(net, registry())
  for (const { message } of faults) expect(message).toMatch(/\[[A-Z_]+\]$/)
  const again = graphToJson(net)
  expect(graphToJson(graphFromJson(again))).toBe(again)
  return 'read'
}

describe('a graph that was tampered with', () => {
  const text = graphToJson(everything(), 0)
  const ids = everything().nodes.map(({ id }) => id)
  const HOSTILE = [
    ...[null, true, false, 0, -1, 1.5, 1e308, -0, 2 ** 53, '', 'x', '__proto__', 'constructor', 'toString'],
    ...[
      [],
      {},
      [[]],
      { node: 'x', output: 'value' },
      { node: 'nobody', output: '' },
      ['a', 1],
      { a: {} },
      ...ids,
    ],
  ]

  /** Changes some things in a graph: values, keys, the order and number of entries. */
  const mutated = (key: RandomKey): string => {
    const net = JSON.parse(text)
    const draw = (purpose: string, bound: number) =>
      Math.floor((key.child(purpose).uniform(1)[0] as number) * bound)
    for (let i = 0; i <= draw('count', 4); i++) {
      const places: [Record<string, unknown>, string][] = []
      const open: unknown[] = [net]
      for (let value = open.pop(); value !== undefined; value = open.pop()) {
        if (typeof value !== 'object' || value === null) continue
        for (const [name, inner] of Object.entries(value)) {
          places.push([value as Record<string, unknown>, name])
          open.push(inner)
        }
      }
      const [holder, name] = places[draw(`place ${i}`, places.length)] as [Record<string, unknown>, string]
      const [from, fromName] = places[draw(`from ${i}`, places.length)] as [Record<string, unknown>, string]
      const value = HOSTILE[draw(`value ${i}`, HOSTILE.length)]
      const kind = draw(`kind ${i}`, 6)
      if (kind === 0) delete holder[name]
      else if (kind === 1) holder[String(value)] = value
      else if (kind === 2) holder[name] = structuredClone(from[fromName])
      else if (kind === 3 && Array.isArray(holder)) holder.push(structuredClone(holder[0]))
      else if (kind === 4 && Array.isArray(holder)) holder.reverse()
      else holder[name] = value
    }
    return JSON.stringify(net)
  }

  test('gives a graph with faults or a GradstreamError, never anything else', () => {
    const count = countOf({ usual: 800, full: 3000 })
    const results = { refused: 0, read: 0 }
    for (let seed = 0; seed < count; seed++) {
      const hostile = mutated(RandomKey.of(seed))
      try {
        results[tried(hostile)]++
      } catch (error) {
        throw new Error(`seed ${seed}: ${hostile}`, { cause: error })
      }
    }
    expect(results.refused).toBeGreaterThan(count / 6)
    expect(results.read).toBeGreaterThan(count / 6)
  })

  test('letter by letter, gives a graph with faults or a GradstreamError, never anything else', () => {
    const letters = '{}[]",:0-9.eE+ntfaxy\\\u0000'
    for (let seed = 0; seed < countOf({ usual: 400, full: 1500 }); seed++) {
      const draws = RandomKey.of(seed).child('letters').uniform(4)
      const [at = 0, which = 0, kind = 0, length = 0] = draws
      const place = Math.floor(at * text.length)
      const letter = letters[Math.floor(which * letters.length)] as string
      const cut = kind < 0.3 ? Math.floor(length * 40) : kind < 0.6 ? 1 : 0
      tried(text.slice(0, place) + letter + text.slice(place + cut))
    }
  })
})

describe('isSameJson', () => {
  test.each([
    [1, 1, true],
    [1, 2, false],
    ['a', 'a', true],
    [null, null, true],
    [null, {}, false],
    [{}, null, false],
    [undefined, null, false],
    [[], [], true],
    [[], {}, false],
    [[1, 2], [2, 1], false],
    [[1, 2], [1, 2, 3], false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: undefined }, { b: undefined }, false],
    [{ a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 2 }] } }, true],
    [{ a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 3 }] } }, false],
    [{ toString: 1 }, { a: 1 }, false],
    [{ a: Object.prototype.toString }, Object.create({ a: Object.prototype.toString }), false],
  ])('compares %j and %j: %s', (a, b, same) => {
    expect(isSameJson(a, b)).toBe(same)
    expect(isSameJson(b, a)).toBe(same)
  })
})
