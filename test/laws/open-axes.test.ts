/** Graphs with open axes compute what graphs with fixed axes of those lengths compute. */
import {
  add,
  attention,
  bidirectional,
  compile,
  conv1d,
  convLstm2d,
  createTrainer,
  ctc,
  dense,
  embedding,
  evaluate,
  fromArrays,
  fromIterable,
  type GradstreamError,
  type GraphDef,
  gather,
  globalAveragePooling1d,
  graph,
  graphFromJson,
  graphToJson,
  gru,
  input,
  layerNormalization,
  lstm,
  masking,
  maxPooling1d,
  meanSquaredError,
  multiHeadAttention,
  type Port,
  positionEmbedding,
  relu,
  reshape,
  rotaryEmbedding,
  sgd,
  softmax,
  sparseCategoricalCrossentropy,
  upSampling1d,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import type { Engine } from '../../runtime/engine/engine.ts'
import { engineOf, type Model } from '../../runtime/engine/model.ts'
import { errorOf } from '../core/support.ts'
import { Dice } from '../support/dice.ts'

type Shape = readonly (number | null)[]

/** A network over sequences: the shapes of its samples for some length, and what it predicts. */
interface Case {
  readonly x: (time: number | null) => Shape
  /** How many numbers there are to look up, where x holds indices. */
  readonly indices?: number
  readonly target: (time: number | null) => Shape
  readonly layers: (x: Port) => Port
}

const sequence = (time: number | null): Shape => [time, 4]
const summary = (): Shape => [3]
const perStep = (time: number | null): Shape => [time, 3]

const CASES: Record<string, Case> = {
  'an lstm, for each step': {
    x: sequence,
    target: perStep,
    layers: x => x.pipe(lstm({ units: 16, returnSequences: true }), dense({ units: 3 })),
  },
  'a gru of words': {
    x: time => [time],
    indices: 20,
    target: summary,
    layers: x => x.pipe(embedding({ inputDim: 20, outputDim: 8 }), gru({ units: 8 }), dense({ units: 3 })),
  },
  'both directions, then one that reads backwards': {
    x: sequence,
    target: summary,
    layers: x =>
      x.pipe(
        bidirectional(lstm, { units: 5, returnSequences: true }),
        lstm({ units: 3, goBackwards: true }),
        dense({ units: 3 }),
      ),
  },
  'convolutions and poolings': {
    x: sequence,
    target: summary,
    layers: x =>
      x.pipe(
        conv1d({ filters: 8, kernelSize: 3, padding: 'same' }),
        relu(),
        maxPooling1d({ poolSize: 2 }),
        conv1d({ filters: 8, kernelSize: 2, padding: 'causal' }),
        upSampling1d({ size: 2 }),
        globalAveragePooling1d(),
        dense({ units: 3 }),
      ),
  },
  'a transformer': {
    x: sequence,
    target: perStep,
    layers: x => {
      const y = x.pipe(dense({ units: 8 }), rotaryEmbedding(), layerNormalization())
      return multiHeadAttention({ numHeads: 2, keyDim: 4, useCausalMask: true })(y, y).pipe(
        dense({ units: 3 }),
      )
    },
  },
  'attention behind places': {
    x: time => [time, 8],
    target: summary,
    layers: x => {
      const y = x.pipe(positionEmbedding({ sequenceLength: 16 }))
      return attention()(y, y).pipe(globalAveragePooling1d(), dense({ units: 3 }))
    },
  },
  'what masking leaves': {
    x: sequence,
    target: summary,
    layers: x => {
      const { y, mask } = masking()(x)
      return lstm({ units: 6 })(y, mask).pipe(dense({ units: 3 }))
    },
  },
  'pairs of steps': {
    x: sequence,
    target: time => [time === null ? null : time / 2, 3],
    layers: x => x.pipe(reshape({ targetShape: [-1, 8] }), dense({ units: 3 })),
  },
  'images of any size': {
    x: time => [time, time, 4, 2],
    target: () => [2],
    layers: x =>
      x.pipe(
        convLstm2d({ filters: 2, kernelSize: 3, padding: 'same', returnSequences: true }),
        reshape({ targetShape: [-1, 2] }),
        globalAveragePooling1d(),
      ),
  },
}

const netOf = ({ x, target, layers }: Case, time: number | null): GraphDef => {
  const prediction = layers(input({ name: 'x', shape: x(time) }))
  const loss = meanSquaredError()(prediction, input({ name: 'target', shape: target(time) }))
  return graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.5 })) })
}

const sizeOf = (shape: Shape) => shape.reduce<number>((size, length) => size * (length as number), 1)

/** A batch of a length. */
function batchOf({ x, target, indices }: Case, time: number, size: number, dice: Dice) {
  const drawn = (shape: Shape, draw: () => number) => ({
    shape: [size, ...(shape as number[])],
    data: Float32Array.from({ length: size * sizeOf(shape) }, draw),
  })
  const number = () => 2 * dice.next() - 1
  return {
    x: drawn(x(time), indices === undefined ? number : () => Math.floor(dice.next() * indices)),
    target: drawn(target(time), number),
  }
}

function step(engine: Engine, batch: ReturnType<typeof batchOf>): void {
  const feeds = Object.entries(batch).map(([name, { shape, data }]) => {
    const node = engine.nodes.get(name) as NonNullable<ReturnType<Engine['nodes']['get']>>
    const tensor = engine.lendInput(node, shape)
    tensor.data.set(data)
    return { input: node, tensor }
  })
  engine.run('train', feeds)
}

const weightsOf = (model: Model) =>
  [...engineOf(model).parameters].map(([name, { value }]) => [name, Array.from(value.data)])

/** Gives a model the weights of another. */
function take(into: Model, from: Model): void {
  for (const [name, { value }] of engineOf(from).parameters)
    engineOf(into).parameters.get(name)?.assign(Array.from(value.data))
}

describe('open axes', () => {
  test.each(Object.entries(CASES))('%s: train and predict as fixed ones do, byte for byte', (_, own) => {
    const dice = new Dice(7)
    const open = compile(graphFromJson(graphToJson(netOf(own, null))), { seed: 3 })
    const fixed = new Map([4, 6, 8].map(time => [time, compile(netOf(own, time), { seed: 3 })]))
    // Often enough in a row that steps are replayed, and back and forth.
    for (const time of [4, 4, 4, 4, 4, 6, 8, 6, 6, 6, 6, 4, 8, 8]) {
      const model = fixed.get(time) as Model
      take(model, open)
      const batch = batchOf(own, time, 1 + Math.floor(dice.next() * 4), dice)
      step(engineOf(open), batch)
      step(engineOf(model), batch)
      expect(weightsOf(open)).toEqual(weightsOf(model))
      const rows = { x: batch.x }
      expect(open.predict(rows).prediction).toEqual(model.predict(rows).prediction)
    }
    for (const model of [open, ...fixed.values()]) model.dispose()
  })

  test('no memory is taken once all lengths have come', () => {
    const own = CASES['convolutions and poolings'] as Case
    const model = compile(netOf(own, null), { seed: 1, kernels: 'wasm' })
    const engine = engineOf(model)
    const memory = (engine.kernels as unknown as { memory: { used: number } }).memory
    const dice = new Dice(1)
    const round = () => {
      for (let time = 2; time <= 24; time += 2) step(engine, batchOf(own, time, 4, dice))
    }
    round()
    round()
    const before = memory.used
    for (let i = 0; i < 5; i++) round()
    expect(memory.used).toBe(before)
    model.dispose()
  })
})

const rejectionOf = (run: Promise<unknown>): Promise<GradstreamError> =>
  run.then(
    () => Promise.reject(new Error('nothing was thrown')),
    error => error,
  )

const x = input({ name: 'x', shape: [null, 3] })
const target = input({ name: 'target', shape: [null, 2] })
const prediction = x.pipe(gru({ units: 4, returnSequences: true }), dense({ units: 2 }))
const loss = meanSquaredError()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.1 })) })

const rows = (count: number, width: number, from = 0) =>
  Array.from({ length: count }, (_, i) => Array.from({ length: width }, (_, j) => Math.sin(from + 3 * i + j)))
const sampleOf = (time: number, from = 0) => ({ x: rows(time, 3, from), target: rows(time, 2, from) })

/** The lengths of the batches of a run, and how many samples they had. */
async function batchesOf(lengths: readonly number[], batchSize: number, window?: number) {
  const model = compile(net, { seed: 1 })
  const data = fromIterable(() => lengths.map(sampleOf), window === undefined ? {} : { shuffle: window })
  const seen: (readonly number[])[] = []
  model.node('x').forward$.subscribe(({ tensor }) => seen.push(tensor.shape.slice(0, 2)))
  const trainer = createTrainer(model, { data, epochs: 1, batchSize })
  const { status } = await trainer.run()
  expect(status).toBe('finished')
  model.dispose()
  return seen
}

describe('samples of different lengths', () => {
  test('a batch ends where the length changes', async () => {
    expect(await batchesOf([5, 5, 5, 3, 3, 7, 5], 2)).toEqual([
      [2, 5],
      [1, 5],
      [2, 3],
      [1, 7],
      [1, 5],
    ])
  })

  test('a window puts those of one length together', async () => {
    const lengths = Array.from({ length: 60 }, (_, i) => [3, 5, 8][i % 3] as number)
    const seen = await batchesOf(lengths, 10, 60)
    expect(seen.toSorted().map(shape => shape.join())).toEqual([
      '10,3',
      '10,3',
      '10,5',
      '10,5',
      '10,8',
      '10,8',
    ])
  })

  test('data in memory have one length, and the model takes others', async () => {
    const model = compile(net, { seed: 1 })
    const data = fromArrays({
      x: [rows(6, 3), rows(6, 3, 1)],
      target: [rows(6, 2), rows(6, 2, 1)],
    }).standardize()
    const { status } = await createTrainer(model, { data, epochs: 2 }).run()
    expect(status).toBe('finished')
    // The standardization is one for each feature, so it holds for any length.
    expect(model.predict({ x: [rows(9, 3)] }).prediction.shape).toEqual([1, 9, 2])
    expect(Number.isFinite((await evaluate(model, data)).loss)).toBe(true)
    model.dispose()
  })

  test('metrics count each step, also where there are as many steps as classes, or one', async () => {
    const labels = input({ name: 'labels', shape: [null] })
    const scores = x.pipe(dense({ units: 3, useBias: false, kernelInitializer: 'identity' }))
    const loss = sparseCategoricalCrossentropy({ fromLogits: true })(scores, labels)
    const model = compile(graph({ scores, loss }), { seed: 1 })
    const samples = [1, 3, 5, 3, 1].map((time, i) => {
      const all = rows(time, 3, i)
      return { x: all, labels: all.map(row => row.indexOf(Math.max(...row))) }
    })
    const wrong = samples.map(({ x, labels }, i) => ({
      x,
      labels: i === 2 ? labels.map(c => (c + 1) % 3) : labels,
    }))
    const found = (own: typeof samples) =>
      evaluate(model, fromIterable(own), { metrics: ['accuracy'], batchSize: 4 })
    expect((await found(samples)).accuracy).toBe(1)
    expect((await found(wrong)).accuracy).toBeCloseTo(8 / 13, 6)
    model.dispose()
  })

  test('where the target has another length, no step is run', async () => {
    const model = compile(net, { seed: 1 })
    const before = weightsOf(model)
    const data = fromIterable(() => [{ x: rows(5, 3), target: rows(4, 2) }])
    const error = await rejectionOf(createTrainer(model, { data, epochs: 1 }).run())
    expect(error.code).toBe('SHAPE_MISMATCH')
    expect(error.message).toContain('[5, 3] at "x" and [4, 2] at "target"')
    expect(weightsOf(model)).toEqual(before)
    model.dispose()
  })

  test('a sample of another width is refused with its number', async () => {
    const data = fromIterable(() => [sampleOf(4), { x: rows(4, 2), target: rows(4, 2) }])
    const error = await rejectionOf(createTrainer(compile(net), { data, epochs: 1 }).run())
    expect(error.code).toBe('DATA_MISMATCH')
    expect(error.message).toContain('sample 1, x: expected numbers of shape [any, 3], got [4, 2]')
  })

  test('arrays of several lengths are refused with the way out', () => {
    const error = errorOf(() => fromArrays({ x: [rows(4, 3), rows(5, 3)] }))
    expect(error.code).toBe('SHAPE_MISMATCH')
    expect(error.message).toContain('fromIterable')
  })
})

describe('what is asked of indices follows the length of each batch', () => {
  test('of predict', () => {
    const indices = input({ name: 'indices', shape: [2] })
    const model = compile(graph({ y: gather({ axis: 1 })(x, indices) }))
    expect(model.predict({ x: [rows(5, 3)], indices: [[0, 4]] }).y.shape).toEqual([1, 2, 3])
    const error = errorOf(() => model.predict({ x: [rows(4, 3)], indices: [[0, 4]] }))
    expect(error.code).toBe('INDEX_MISMATCH')
    expect(error.message).toContain('from 0 to 3')
    model.dispose()
  })

  test('of training', async () => {
    const labels = input({ name: 'labels', shape: [null] })
    const lengths = input({ name: 'lengths', shape: [] })
    const loss = ctc()(x.pipe(dense({ units: 5 })), labels, lengths)
    const model = compile(graph({ loss, update: loss.pipe(sgd({ learningRate: 0.1 })) }), { seed: 1 })
    const samples = (length: number) => () => [
      { x: rows(9, 3), labels: [1, 2, 3], lengths: 9 },
      { x: rows(6, 3), labels: [1, 2], lengths: length },
    ]
    const run = (length: number) =>
      createTrainer(model, { data: fromIterable(samples(length)), epochs: 1 }).run()
    expect((await run(6)).status).toBe('finished')
    expect((await rejectionOf(run(7))).code).toBe('INDEX_MISMATCH')
    model.dispose()
  })
})

describe('a graph is refused', () => {
  test.each<[string, () => Port, string, string]>([
    ['another width', () => attention()(x, target), 'SHAPE_MISMATCH', 'Open axes were tried'],
    [
      'two lengths that always differ',
      () => add()(x, x.pipe(conv1d({ filters: 3, kernelSize: 3 }))),
      'SHAPE_MISMATCH',
      'which stands for any',
    ],
    [
      'a parameter for each place',
      () => x.pipe(reshape({ targetShape: [-1] }), dense({ units: 1 })),
      'OPEN_AXIS',
      'an open axis of "x"',
    ],
  ])('for %s', (_, y, code, words) => {
    const error = errorOf(() => compile(graph({ y: y() })))
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
  })

  test('at a length that it does not take, when it comes', () => {
    const model = compile(graph({ y: x.pipe(positionEmbedding({ sequenceLength: 8 })) }))
    expect(model.predict({ x: [rows(8, 3)] }).y.shape).toEqual([1, 8, 3])
    const error = errorOf(() => model.predict({ x: [rows(9, 3)] }))
    expect(error.message).toContain('sequences of up to 8, and x has 9')
    model.dispose()
  })

  test('and softmax over open classes counts as a distribution', () => {
    const y = x.pipe(softmax())
    const loss = sparseCategoricalCrossentropy()(y, input({ name: 't', shape: [null] }))
    expect(() => compile(graph({ y, loss })).dispose()).not.toThrow()
  })
})
