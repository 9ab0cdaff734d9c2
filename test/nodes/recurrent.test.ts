/** Recurrent layers by their cells, and what they remember from batch to batch. */
import {
  batchNormalization,
  bidirectional,
  check,
  compile,
  convLstm2d,
  createTrainer,
  defineRecurrent,
  dense,
  fromArrays,
  graph,
  graphFromJson,
  graphToJson,
  gru,
  input,
  log,
  lstm,
  type Model,
  meanSquaredError,
  type Port,
  reshape,
  sgd,
  simpleRnn,
} from 'gradstream'
import { checkNode, evaluateNode, type TensorJson } from 'gradstream/testing'
import { describe, expect, test } from 'vitest'
import { engineOf } from '../../runtime/engine/model.ts'
import { errorOf } from '../core/support.ts'
import { Dice } from '../support/dice.ts'

/** The formulas of the paper, one product for each gate, of x and h side by side. */
const written = defineRecurrent({
  type: 'written',
  config: ({ units }: { units: number }) => ({ units: check.positiveInteger({ units }) }),
  states: ['state', 'memory'],
  stateShapes: (_, { units }) => ({ state: [units], memory: [units] }),
  parameters: ({ x }, { units }) => ({
    kernel: { shape: [check.lastAxis({ x }), 4 * units] },
    recurrentKernel: { shape: [units, 4 * units], initializer: 'orthogonal' },
    bias: { shape: [4 * units], initializer: 'zeros' },
  }),
  replayable: true,
  step({ x, state: h, memory: c, kernel, recurrentKernel, bias }, { units }, { kernels: k }) {
    const weights = k.concatenate([kernel, recurrentKernel], 0)
    const gate = (i: number) =>
      k.add(
        k.matMul(k.concatenate([x, h], 1), k.slice(weights, 1, i * units, units)),
        k.slice(bias, 0, i * units, units),
      )
    const memory = k.add(k.mul(k.sigmoid(gate(1)), c), k.mul(k.sigmoid(gate(0)), k.tanh(gate(2))))
    return { state: k.mul(k.sigmoid(gate(3)), k.tanh(memory)), memory }
  },
})

/** The sum so far, of which the root comes out: y is no state. */
const length = defineRecurrent({
  type: 'length',
  config: () => ({}),
  states: ['sum'],
  stateShapes: () => ({ sum: [1] }),
  step({ x, sum }, _, { kernels: k }) {
    const next = k.add(sum, k.reshape(k.sum(k.square(x), [1]), sum.shape))
    return { sum: next, y: k.sqrt(next) }
  },
})

const random = (dice: Dice, ...shape: number[]): TensorJson => ({
  shape,
  data: Array.from({ length: shape.reduce((size, axis) => size * axis, 1) }, () => 2 * dice.next() - 1),
})

describe('a cell with the formula of lstm is lstm', () => {
  const dice = new Dice(5)
  const [batch, time, features, units] = [3, 5, 4, 6]
  const x = random(dice, batch, time, features)
  const mask = { shape: [batch, time], data: [1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1] }
  const initial = {
    initialState: random(dice, batch, units),
    initialMemory: random(dice, batch, units),
  }
  const parameters = {
    kernel: random(dice, features, 4 * units),
    recurrentKernel: random(dice, units, 4 * units),
    bias: random(dice, 4 * units),
  }

  test.each([
    ['', {}, { x }],
    ['with whole sequences', { returnSequences: true }, { x }],
    ['backwards', { goBackwards: true, returnSequences: true }, { x }],
    ['with a mask', { returnSequences: true }, { x, mask }],
    ['with a first state', {}, { x, ...initial }],
    ['with both, backwards', { goBackwards: true }, { x, mask, ...initial }],
  ])('%s', (_, options, inputs) => {
    const shape = 'returnSequences' in options ? [batch, time, units] : [batch, units]
    const outputGradient = random(new Dice(9), ...shape)
    const args = { inputs, parameters, outputGradient }
    const own = evaluateNode({ type: 'written', config: { units, ...options } }, args, { nodes: [written] })
    const built = evaluateNode({ type: 'lstm', config: { units, ...options } }, args)
    const pairs = [
      [own.output, built.output],
      ...Object.keys(built.inputGradients).map(name => [
        own.inputGradients[name],
        built.inputGradients[name],
      ]),
      ...Object.keys(parameters).map(name => [own.parameterGradients[name], built.parameterGradients[name]]),
    ] as [TensorJson, TensorJson][]
    for (const [one, other] of pairs) {
      expect(one.shape).toEqual(other.shape)
      one.data.forEach((value, i) => {
        expect(value).toBeCloseTo(other.data[i] as number, 12)
      })
    }
  })
})

describe('a layer of ones own', () => {
  test.each([
    [2, 4, 3],
    [1, 1, 2],
    [3, 5, 1],
    [16, 3, 4],
  ])('obeys the laws of a node: %i, %i, %i', (...shape) => {
    checkNode({ type: 'written', config: { units: 2 } }, { inputs: { x: shape }, nodes: [written] })
    const [batch = 0, time = 0] = shape
    const mask = {
      shape: [batch, time],
      data: Array.from({ length: batch * time }, (_, i) => Number(i % 3 < 2)),
    }
    const x = random(new Dice(3), ...shape)
    checkNode(
      { type: 'length', config: { returnSequences: true } },
      {
        inputs: { x, mask: { ...mask, data: mask.data.map((m, i) => (i % time === 0 ? 1 : m)) } },
        nodes: [length],
      },
    )
  })

  test('gives rows that are no state, and keeps the last where the mask is 0', () => {
    const x = { shape: [1, 4, 2], data: [3, 4, 9, 9, 0, 12, 7, 7] }
    const mask = { shape: [1, 4], data: [1, 0, 1, 0] }
    const config = { returnSequences: true }
    const { output } = evaluateNode({ type: 'length', config }, { inputs: { x, mask } }, { nodes: [length] })
    expect(output).toEqual({ shape: [1, 4, 1], data: [5, 5, 13, 13] })
  })

  test('goes into bidirectional and JSON, and shows its states', () => {
    const x = input({ name: 'x', shape: [null, 3] })
    const { y, memory } = x.pipe(bidirectional(written, { units: 2, returnSequences: true })).pipe(all)
    const net = graph({ y, memory })
    const model = compile(graphFromJson(graphToJson(net), { nodes: [written] }), { nodes: [written] })
    const made = model.predict({ x: [[[1, 2, 3]], [[4, 5, 6]]] })
    expect([made.y?.shape, made.memory?.shape]).toEqual([
      [2, 5],
      [2, 5],
    ])
    expect(model.nodes).toContain('bidirectional1/written1')
    model.dispose()
  })

  test.each<[string, () => unknown, string]>([
    ['no state', () => defined({ states: [] }), 'at least one state'],
    ['no step', () => defined({ step: undefined }), 'one without step'],
    ['a state that is no name', () => defined({ states: [1] }), 'a list of names'],
    ['a name twice', () => defined({ states: ['y'] }), 'unique name'],
    [
      'a step that leaves a state out',
      () => {
        const own = defined({ step: () => ({}) })
        const y = own({})(input({ name: 'x', shape: [1, 1] }))
        compile(graph({ y }), { nodes: [own] }).predict({ x: [[[1]]] })
      },
      'the next "state", a tensor',
    ],
    [
      'a first state of another size',
      () =>
        compile(
          graph({
            y: lstm({ units: 2 })(
              input({ name: 'x', shape: [2, 3] }),
              undefined as never,
              input({ name: 's', shape: [3] }),
            ),
          }),
        ),
      '"initialState" to have the shape [batch, 2] of "state"',
    ],
  ])('refuses %s', (_, make, words) => {
    expect(errorOf(make).message).toContain(words)
  })
})

const all = (x: Port) => {
  const made = written({ units: 5, returnState: true })(x)
  return Object.assign(made.y, made)
}

const spec = {
  type: 'spec',
  config: () => ({}),
  states: ['state'],
  stateShapes: () => ({ state: [1] }),
  step: ({ state }: { state: unknown }) => ({ state }),
}
/** A definition as plain JavaScript may write it. */
const defined = (changes: object) => defineRecurrent({ ...spec, ...changes } as never)

/** Layers over sequences, the shape of one place, and the options of the layer. */
const LAYERS = {
  simpleRnn: { layer: simpleRnn, place: [3], options: { units: 4 } },
  gru: { layer: gru, place: [3], options: { units: 4 } },
  lstm: { layer: lstm, place: [3], options: { units: 4 } },
  written: { layer: written, place: [3], options: { units: 4 } },
  convLstm2d: { layer: convLstm2d, place: [3, 4, 2], options: { filters: 2, kernelSize: 2 } },
} as const

type LayerName = keyof typeof LAYERS

const netOf = (name: LayerName, time: number | null, statefulBatchSize: number | null) => {
  const { layer, place, options } = LAYERS[name]
  const x = input({ name: 'x', shape: [time, ...place] })
  const make = layer as unknown as (given: object) => (x: Port) => Port
  return make({ ...options, returnSequences: true, statefulBatchSize, trainable: false })(x)
}

/** The places from one to another of a sequence [batch, time, ...]. */
function part({ shape, data }: TensorJson, from: number, to: number): TensorJson {
  const [batch = 0, time = 0, ...place] = shape
  const row = place.reduce((size, axis) => size * axis, 1)
  const rows = Array.from({ length: batch }, (_, b) =>
    data.slice((b * time + from) * row, (b * time + to) * row),
  )
  return { shape: [batch, to - from, ...place], data: rows.flat() }
}

describe('statefulBatchSize: pieces of a sequence are read as the whole is', () => {
  const names = Object.keys(LAYERS) as LayerName[]
  const options = { seed: 3, nodes: [written], kernels: 'reference', precision: 'float64' } as const

  test.each(names)('%s, in inference', name => {
    const x = random(new Dice(1), 2, 7, ...LAYERS[name].place)
    const whole = compile(graph({ y: netOf(name, 7, null) }), options)
    const model = compile(graph({ y: netOf(name, null, 2) }), options)
    const expected = whole.predict({ x }).y?.toJSON() as TensorJson
    for (let round = 0; round < 2; round++) {
      let from = 0
      for (const to of [3, 4, 7]) {
        expect(model.predict({ x: part(x, from, to) }).y?.toJSON()).toEqual(part(expected, from, to))
        from = to
      }
      model.resetStates()
    }
    whole.dispose()
    model.dispose()
  })

  test.each(names)('%s, in training, replayed or not', async name => {
    const x = random(new Dice(2), 2, 12, ...LAYERS[name].place)
    const whole = compile(graph({ y: netOf(name, 12, null) }), options)
    const expected = whole.predict({ x }).y?.toJSON() as TensorJson
    for (const [kernels, digits] of [
      ['reference', 12],
      ['wasm', 5],
    ] as const) {
      const y = netOf(name, 2, 2)
      const width = LAYERS[name].place.length === 1 ? 4 : 2
      const loss = meanSquaredError()(
        y.pipe(reshape({ targetShape: [-1, width] }), dense({ units: 1 })),
        input({ name: 'target', shape: [(expected.data.length / 24 / width) * 2, 1] }),
      )
      const net = graph({ y, loss, update: loss.pipe(sgd({ learningRate: 0.01 })) })
      const model = compile(net, {
        ...options,
        kernels,
        precision: kernels === 'wasm' ? 'float32' : 'float64',
      })
      for (const [id, { value }] of engineOf(whole).parameters)
        engineOf(model).parameters.get(id)?.assign(Array.from(value.data))
      const seen: TensorJson[] = []
      const watch = model.node('y').forward$.subscribe(({ tensor }) => seen.push(tensor.toJSON()))
      const pieces = [0, 2, 4, 6, 8, 10].map(from => part(x, from, from + 2))
      const data = fromArrays({
        x: { shape: [12, 2, ...LAYERS[name].place], data: pieces.flatMap(({ data }) => data) },
        target: {
          shape: [12, (expected.data.length / 24 / width) * 2, 1],
          data: Array(expected.data.length / width).fill(0),
        },
      })
      await createTrainer(model, { data, epochs: 1, batchSize: 2, shuffle: false }).run()
      expect(seen).toHaveLength(6)
      seen.forEach((piece, i) => {
        const wanted = part(expected, 2 * i, 2 * i + 2)
        piece.data.forEach((value, at) => {
          expect(value).toBeCloseTo(wanted.data[at] as number, digits)
        })
      })
      watch.unsubscribe()
      model.dispose()
    }
    whole.dispose()
  })

  test('steps that are replayed end where steps fired node by node do, byte for byte', async () => {
    const run = async (replay: boolean) => {
      const x = input({ name: 'x', shape: [4, 3] })
      const prediction = x.pipe(gru({ units: 5, statefulBatchSize: 2 }), dense({ units: 1 }))
      const loss = meanSquaredError()(prediction, input({ name: 'target', shape: [1] }))
      const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })
      const model = compile(net, { seed: 1, replay })
      const dice = new Dice(4)
      const data = fromArrays({ x: random(dice, 8, 4, 3), target: random(dice, 8, 1) })
      await createTrainer(model, { data, epochs: 8, batchSize: 2, shuffle: false }).run()
      const made = model.predict({ x: random(dice, 2, 4, 3) }).prediction.toNested()
      model.dispose()
      return made
    }
    expect(await run(true)).toEqual(await run(false))
  })
})

describe('what is remembered', () => {
  const x = input({ name: 'x', shape: [2, 1] })
  const rows = { x: [[[1], [2]]] }

  test('stays as it was where a batch has another size', () => {
    const model = compile(graph({ y: x.pipe(lstm({ units: 3, statefulBatchSize: 1 })) }), { seed: 1 })
    model.predict(rows)
    const error = errorOf(() => model.predict({ x: [...rows.x, ...rows.x] }))
    expect(error.code).toBe('SHAPE_MISMATCH')
    expect(error.message).toContain('lstm1')
    expect(error.message).toContain('batches of 1 samples')
    const next = model.predict(rows).y.toNested()
    model.resetStates()
    model.predict(rows)
    expect(model.predict(rows).y.toNested()).toEqual(next)
    model.dispose()
  })

  test('stays as it was where an inference fails behind it', () => {
    const y = x.pipe(lstm({ units: 3, statefulBatchSize: 1 }))
    const root = log()(input({ name: 'z', shape: [1] }))
    const [failing, other] = [0, 1].map(() =>
      compile(graph({ y, root }), { seed: 1, checkFinite: 'all' }),
    ) as [Model, Model]
    const good = { ...rows, z: [[1]] }
    for (const model of [failing, other]) model.predict(good)
    expect(errorOf(() => failing.predict({ x: [[[5], [6]]], z: [[-1]] })).code).toBe('NOT_FINITE')
    expect(failing.predict(good).y?.toNested()).toEqual(other.predict(good).y?.toNested())
    for (const model of [failing, other]) model.dispose()
  })

  test('is reset alone: moving means stay', () => {
    const target = input({ name: 'target', shape: [3] })
    const y = x.pipe(batchNormalization(), simpleRnn({ units: 3, statefulBatchSize: 2 }))
    const loss = meanSquaredError()(y, target)
    const model = compile(graph({ y, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }), { seed: 1 })
    const engine = engineOf(model)
    const stateOf = (id: string) =>
      Object.values(engine.states.get(id)?.present ?? {}).map(({ data }) => Array.from(data))
    const feeds = Object.entries({ x: [2, 2, 1], target: [2, 3] }).map(([id, shape], i) => {
      const node = engine.nodes.get(id) as NonNullable<ReturnType<typeof engine.nodes.get>>
      const tensor = engine.lendInput(node, shape)
      tensor.data.forEach((_, at) => {
        tensor.data[at] = at + i
      })
      return { input: node, tensor }
    })
    engine.run('train', feeds)
    const means = stateOf('batchNormalization1')
    expect(stateOf('simpleRnn1')).not.toEqual([[0, 0, 0, 0, 0, 0]])
    model.resetStates()
    expect(stateOf('simpleRnn1')).toEqual([[0, 0, 0, 0, 0, 0]])
    expect(stateOf('batchNormalization1')).toEqual(means)
    model.dispose()
  })

  test('cannot be reset inside a step, and takes no first state beside it', () => {
    const model = compile(graph({ y: x.pipe(gru({ units: 2, statefulBatchSize: 1 })) }))
    const codes: string[] = []
    model.node('y').forward$.subscribe(() => codes.push(errorOf(() => model.resetStates()).code))
    model.predict(rows)
    expect(codes).toEqual(['BUSY'])
    model.dispose()
    const both = gru({ units: 2, statefulBatchSize: 1 })(
      x,
      undefined as never,
      input({ name: 'state', shape: [2] }),
    )
    expect(errorOf(() => compile(graph({ both }))).message).toContain(
      'no initialState with statefulBatchSize',
    )
  })

  test.each([2, 3])('the gradients of a batch of %i are checked', size => {
    for (const type of ['simpleRnn', 'gru', 'lstm'])
      checkNode({ type, config: { units: 2, statefulBatchSize: size } }, { inputs: { x: [size, 3, 2] } })
  })
})
