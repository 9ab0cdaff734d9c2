/** What a newcomer writes wrong is answered with the line to write. */
import {
  add,
  bidirectional,
  block,
  compile,
  concatenate,
  connectBridge,
  conv2d,
  createTrainer,
  dense,
  dropout,
  earlyStopping,
  evaluate,
  fromArrays,
  fromIterable,
  GradstreamError,
  graph,
  input,
  lstm,
  meanSquaredError,
  openBridge,
  readSafetensors,
  relu,
  repeat,
  sgd,
  validate,
  writeSafetensors,
} from 'gradstream'
import { confusionMatrix } from 'gradstream/terminal'
import { checkNode } from 'gradstream/testing'
import { describe, expect, test } from 'vitest'

const x = input({ name: 'x', shape: [3] })
const target = input({ name: 'target', shape: [1] })
const prediction = x.pipe(dense({ units: 4 }), relu(), dense({ units: 1 }))
const loss = meanSquaredError()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd()) })
const model = compile(net, { kernels: 'reference' })
const data = fromArrays({ x: [[1, 2, 3]], target: [[1]] })
const trainer = createTrainer(model, { data })
const promise = Promise.resolve(data)

/** The functions as JavaScript sees them, to whom everything may be given. */
type Loose = Record<string, (...args: unknown[]) => never>
const js = {
  add,
  bidirectional,
  connectBridge,
  conv2d,
  repeat,
  compile,
  concatenate,
  createTrainer,
  dense,
  dropout,
  evaluate,
  fromArrays,
  fromIterable,
  graph,
  input,
  meanSquaredError,
  openBridge,
  relu,
  sgd,
  validate,
} as unknown as Loose
const pipe = (f: unknown) => x.pipe(f as never)
const applied = (node: unknown, ...ports: unknown[]) => (node as (...ports: unknown[]) => unknown)(...ports)

/** What is written, and what the answer has to say. */
const slips: readonly [code: string, slip: () => unknown, ...said: string[]][] = [
  ['x.pipe(relu)', () => pipe(relu), 'got the factory relu', 'x.pipe(relu())'],
  ['x.pipe(dense)', () => pipe(dense), 'x.pipe(dense({ units: 16 }))'],
  ['loss.pipe(sgd)', () => loss.pipe(sgd as never), 'loss.pipe(sgd())'],
  ['x.pipe(dense(...)(x))', () => pipe(dense({ units: 3 })(x)), 'got a port', 'x.pipe(dense({ units: 3 }))'],
  ['x.pipe(undefined)', () => pipe(undefined), 'x.pipe(dense({ units: 3 }), relu())'],
  [
    'meanSquaredError(p, t)',
    () => js.meanSquaredError?.(prediction, target),
    'meanSquaredError()(prediction, target)',
  ],
  ['relu(x)', () => js.relu?.(x), 'relu()(x)'],
  ['dense(x)', () => js.dense?.(x), 'dense({ units: 16 })(x)'],
  ['sgd(loss)', () => js.sgd?.(loss), 'sgd()(loss)'],
  [
    'mse()(dense(...), t)',
    () => applied(meanSquaredError(), dense({ units: 1 }), target),
    'x.pipe(dense({ units: 1 }))',
  ],
  ['mse()(relu, t)', () => applied(meanSquaredError(), relu, target), 'x.pipe(relu())'],
  ['add()([a, b])', () => applied(add(), [x, x]), 'a list of 2 ports', 'add()(a, b)'],
  ['dense()(rows)', () => applied(dense({ units: 1 }), [[1]]), 'got [[1]]', 'dense({ units: 1 })(x)'],
  ['add()(x)', () => compile(graph({ y: applied(add(), x) as never })), 'add()(a, b)'],
  ['dense(16)', () => js.dense?.(16), 'dense({ units: 16 })'],
  ['dense()', () => js.dense?.(), 'dense({ units: 16 })'],
  ['dense({ unit })', () => js.dense?.({ unit: 3 }), 'Did you mean "units"'],
  ["dense({ units: '3' })", () => js.dense?.({ units: '3' }), 'units: 3'],
  [
    'dense({ activation })',
    () => js.dense?.({ units: 3, activation: 'relu' }),
    'x.pipe(dense({ units: 3 }), relu())',
  ],
  ['dropout(0.5)', () => js.dropout?.(0.5), 'dropout({ rate: 0.5 })'],
  ['input([30])', () => js.input?.([30]), 'input({ shape: [30] })'],
  ['sgd(0.1)', () => js.sgd?.(0.1), 'sgd({ learningRate: 0.1 })'],
  ['sgd({ lr })', () => js.sgd?.({ lr: 0.1 }), 'Did you mean "learningRate"?'],
  ['graph([loss])', () => js.graph?.([loss]), 'graph({ prediction, loss, update })'],
  ['graph(loss)', () => js.graph?.(loss), 'graph({ loss: port })'],
  ['graph({ y: relu() })', () => js.graph?.({ y: relu() }), 'x.pipe(relu())'],
  ['compile(port)', () => js.compile?.(prediction), 'graph({ prediction: port })'],
  ['compile(graph)', () => js.compile?.(graph), 'got the function graph', 'graph({ prediction, loss })'],
  ['compile({ ports })', () => js.compile?.({ prediction, loss }), 'graph({ prediction, loss })'],
  ['compile(model)', () => js.compile?.(model), 'model.graph'],
  ['validate(port)', () => js.validate?.(loss), 'graph({ loss: port })'],
  ['compile(net, 7)', () => js.compile?.(net, 7), '{ seed: 7 }'],
  ["compile(net, { seed: '7' })", () => js.compile?.(net, { seed: '7' }), 'seed: 7'],
  ["compile(net, { kernels: 'wasn' })", () => js.compile?.(net, { kernels: 'wasn' }), 'Did you mean "wasm"?'],
  ['createTrainer(net)', () => js.createTrainer?.(net, { data }), 'compile(net, { seed: 7 })'],
  ['createTrainer(model, data)', () => js.createTrainer?.(model, data), 'createTrainer(model, { data })'],
  ['createTrainer without data', () => js.createTrainer?.(model), 'fromArrays({ x, target })'],
  [
    'a forgotten await',
    () => js.createTrainer?.(model, { data: promise }),
    'got a promise',
    'await csv(...)',
  ],
  ['a forgotten await', () => js.fromIterable?.(promise), 'got a promise', 'await'],
  [
    "metrics: 'accuracy'",
    () => js.createTrainer?.(model, { data, metrics: 'accuracy' }),
    "metrics: ['accuracy']",
  ],
  ["epochs: '10'", () => js.createTrainer?.(model, { data, epochs: '10' }), 'epochs: 10'],
  ['epoch: 10', () => js.createTrainer?.(model, { data, epoch: 10 }), 'Did you mean "epochs"?'],
  [
    'learningRate in createTrainer',
    () => js.createTrainer?.(model, { data, learningRate: 1 }),
    'sgd({ learningRate: 0.1 })',
  ],
  ['trainer.run(10)', () => trainer.run(...([10] as never[])), 'createTrainer(model, { data, epochs: 10 })'],
  ['evaluate(trainer)', () => js.evaluate?.(trainer, data), 'trainer.model'],
  ['openBridge(model)', () => js.openBridge?.(model), 'createTrainer(model, { data })'],
  ['openBridge({ print })', () => js.openBridge?.({ print: false }), 'openBridge(trainer, { print })'],
  [
    'openBridge({ trainer, port })',
    () => js.openBridge?.({ trainer, port: 1 }),
    'openBridge(trainer, { port })',
  ],
  [
    'openBridge(trainer, { print: false })',
    () => js.openBridge?.(trainer, { print: false }),
    'print: () => undefined',
  ],
  [
    'createTrainer({ model, data })',
    () => js.createTrainer?.({ model, data }),
    'createTrainer(model, { data })',
  ],
  [
    'earlyStopping({ patience })',
    () => earlyStopping({ patience: 3 } as never),
    'earlyStopping(trainer, { patience })',
  ],
  ['parameters.weight', () => model.node('dense1').parameters.weight, 'Did you mean "kernel"?'],
  ['parameters.biass', () => model.node('dense1').parameters.biass, 'Did you mean "bias"?'],
  ["trainer.send('pause')", () => trainer.send('pause' as never), "{ type: 'pause' }"],
  ["trainer.set('sgd')", () => trainer.set('sgd', {}), 'Did you mean "sgd1"?'],
  ["model.node('dense')", () => model.node('dense'), 'Did you mean "dense1"?'],
  ["model.node('Relu1')", () => model.node('Relu1'), 'Did you mean "relu1"?'],
  ['model.node(port)', () => model.node(prediction as never), "model.node('x')"],
  ['a flat row', () => model.predict({ x: [1, 2, 3] }), '{ x: [[1, 2, 3]] }'],
  ['rows without a name', () => model.predict([[1, 2, 3]] as never), 'model.predict({ x: rows })'],
  [
    'predict({})',
    () => model.predict({} as never),
    'expected rows for "x", got none',
    'model.predict({ x: rows })',
  ],
  ['a text label', () => js.fromArrays?.({ x: [[1]], target: ['cat'] }), "oneHot(['cat', 'dog', 'cat'])"],
  ['a number in quotes', () => js.fromArrays?.({ x: [['1.5']] }), 'Number("1.5")'],
  ['yes or no', () => js.fromArrays?.({ x: [[true]] }), 'Write 1 for true'],
  ['arrays without names', () => js.fromArrays?.([[1]], [[2]]), 'fromArrays({ x, target })'],
  ['split(0.2)', () => data.split(0.2 as never), '{ validation: 0.2 }'],
  [
    'data as plain arrays',
    () => js.createTrainer?.(model, { data: { x: [[1, 2, 3]], target: [[1]] } }),
    'Write fromArrays({ x, target }).',
  ],
  ['data as samples', () => js.createTrainer?.(model, { data: [{ x: [1, 2, 3] }] }), 'fromIterable(samples)'],
  [
    'both parts of split()',
    () => js.createTrainer?.(model, { data: { train: data, validation: data } }),
    'createTrainer(model, { data: train, validation })',
  ],
  [
    'repeat(2, dense(...))',
    () => pipe(js.repeat?.(2, dense({ units: 3 }))),
    'repeat(2, () => dense({ units: 3 }))',
  ],
  [
    'bidirectional(lstm(...))',
    () => js.bidirectional?.(lstm({ units: 3 })),
    'bidirectional(lstm, { units: 3 })',
  ],
  [
    'an address without a token',
    () => js.connectBridge?.('http://127.0.0.1:1/'),
    'including the part after #',
  ],
  [
    'rows as for model.predict',
    () =>
      (connectBridge(`http://127.0.0.1:1/#${'a'.repeat(20)}`, { reconnect: false }).predict as Loose['x'])?.({
        x: [[1]],
      }),
    'client.predict({ inputs: { x: rows } })',
  ],
  [
    'early stopping by val_loss without validation data',
    () => earlyStopping(trainer, { monitor: 'val_loss' }),
    'createTrainer(model, { data, validation })',
  ],
  [
    'an array that changes during the run',
    async () => {
      const rows = Float32Array.of(1, 2, 3)
      const changing = fromArrays({ x: { shape: [1, 3], data: rows }, target: [[1]] })
      const running = createTrainer(compile(net, { kernels: 'reference' }), { data: changing })
      rows[0] = Number.NaN
      await running.run()
    },
    'do not change an array during the run',
  ],
  [
    'a convolution of rows',
    () => compile(graph({ y: x.pipe(conv2d({ filters: 2, kernelSize: 3 })) })),
    'reshape({ targetShape: [height, width, channels] })',
  ],
  [
    'an image without channels',
    () =>
      compile(graph({ y: input({ name: 'i', shape: [8, 8] }).pipe(conv2d({ filters: 2, kernelSize: 3 })) })),
    'reshape({ targetShape: [8, 8, 1] })',
  ],
  [
    'an lstm of rows',
    () => compile(graph({ y: x.pipe(lstm({ units: 2 })) })),
    'reshape({ targetShape: [3, 1] })',
  ],
  ['conv2d(8, 3)', () => js.conv2d?.(8, 3), 'conv2d({ filters: 16, kernelSize: 3 })'],
  [
    'trainer.set({ learningRate })',
    () => trainer.set({ learningRate: 1 } as never, undefined as never),
    "trainer.set('sgd1', { learningRate: 0.1 })",
  ],
  [
    "trainer.set('sgd1', 0.1)",
    () => trainer.set('sgd1', 0.1 as never),
    "trainer.set('sgd1', { learningRate: 0.1 })",
  ],
  ['model.load(model)', () => model.load(model as never), 'model.load(other.state())'],
  ['model.load()', () => model.load(undefined as never), 'model.load(other.state())'],
  [
    'model.load(bytes)',
    () => model.load(writeSafetensors({ a: [1] }) as never),
    'model.load(readSafetensors(bytes).tensors)',
  ],
  [
    'model.load(readSafetensors(...))',
    () => model.load(readSafetensors(writeSafetensors({ a: [1] })) as never),
    'model.load(readSafetensors(bytes).tensors)',
  ],
  ["conv2d({ kernelSize: '3' })", () => js.conv2d?.({ filters: 2, kernelSize: '3' }), 'Write kernelSize: 3.'],
  ['conv2d({ kernelSize: [3] })', () => js.conv2d?.({ filters: 2, kernelSize: [3] }), 'Write kernelSize: 3.'],
  ['block(x => ...)', () => block((() => x) as never, undefined as never), "block('residual', x => ...)"],
  ['checkNode(relu)', () => checkNode(relu as never, { inputs: { x: [2, 2] } }), "{ type: 'relu' }"],
  ['confusionMatrix of lists', () => confusionMatrix([0, 1] as never, [0, 1] as never), 'tensor(prediction)'],
  ["column('X')", () => data.column('X'), 'Did you mean "x"?'],
]

describe('a slip', () => {
  test.each(slips)('%s is answered with the line to write', async (_, slip, ...said) => {
    const error = await outcomeOf(slip)
    expect(error).toBeInstanceOf(GradstreamError)
    for (const part of said) expect((error as GradstreamError).message).toContain(part)
  })
})

async function outcomeOf(slip: () => unknown): Promise<unknown> {
  try {
    await slip()
  } catch (thrown) {
    return thrown
  }
  return undefined
}

describe('what is right is taken', () => {
  test('rows that are typed arrays', () => {
    const rows = [Float32Array.of(1, 2, 3), Float64Array.of(4, 5, 6)]
    expect(model.predict({ x: rows }).prediction.shape).toEqual([2, 1])
    expect(fromArrays({ x: rows }).column('x').toNested()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
  })

  test('samples that are typed arrays', async () => {
    const samples = [{ x: Float32Array.of(1, 2, 3), target: Float32Array.of(1) }]
    expect(await evaluate(model, fromIterable(samples))).toHaveProperty('loss')
  })

  test('parameters as a record like any other, whose names may be looked for', async () => {
    const { parameters } = model.node('dense1')
    expect(Object.keys(parameters)).toEqual(['kernel', 'bias'])
    expect({ ...parameters }.kernel).toBe(parameters.kernel)
    expect('weight' in parameters).toBe(false)
    // What the language and tools look for, and what another layer has.
    for (const name of ['then', 'toJSON', 'constructor', 'length', 'recurrentKernel', 'gamma'])
      expect(parameters[name]).toBeUndefined()
    expect(await Promise.resolve(parameters)).toBe(parameters)
    expect(JSON.parse(JSON.stringify(parameters))).toHaveProperty('kernel.shape', [3, 4])
  })

  test('no rows at all', () => {
    expect(model.predict({ x: [] }).prediction.toJSON()).toEqual({ shape: [0, 1], data: [] })
  })
})
