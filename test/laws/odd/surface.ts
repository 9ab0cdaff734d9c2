/**
 * Everything that can be called through the public doors, each with arguments that are right. What there is is found by
 * reflection: a function or method that has no right arguments here fails the test, so none is forgotten.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as gradstream from 'gradstream'
import {
  add,
  check,
  compile,
  connectBridge,
  createTrainer,
  defineNode,
  dense,
  fromArrays,
  fromIterable,
  graph,
  initializer,
  input,
  meanSquaredError,
  memoryTransport,
  metric,
  openBridge,
  RandomKey,
  relu,
  schedule,
  sgd,
  Tensor,
} from 'gradstream'
import * as client from 'gradstream/client'
import * as terminal from 'gradstream/terminal'
import * as testing from 'gradstream/testing'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { of } from 'rxjs'
import { isUpdating } from '../../../core/index.ts'
import { catalogue } from '../../../nodes/index.ts'
import { scratchFolder } from '../../support/scratch.ts'

export interface Call {
  /** As in `model.predict`. */
  readonly name: string
  readonly args: readonly unknown[]
  call(args: readonly unknown[]): unknown
}

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [1] })
const prediction = x.pipe(dense({ units: 1 }))
const loss = meanSquaredError()(prediction, target)
const net = graph({ prediction, loss, update: loss.pipe(sgd({ learningRate: 0.01 })) })
const rows = () => [
  [0, 1],
  [1, 0],
  [1, 1],
  [0, 0],
]
const targets = () => [[0], [1], [1], [0]]
const data = () => fromArrays({ x: rows(), target: targets() })
const table = () => gradstream.parseCsv('a,b\n1,2\n3,4\n', { target: 'b' })

/** Two numbers as NumPy saves them. */
function npyFile(): Uint8Array {
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }".padEnd(117)
  const bytes = [
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    1,
    0,
    118,
    0,
    ...new TextEncoder().encode(`${header}\n`),
    5,
    6,
  ]
  return Uint8Array.from(bytes)
}

const tableOptions = () => ({
  target: 'b',
  features: ['a'],
  categorical: [],
  columns: { a: { type: 'number', missing: 'mean', unknown: 'ignore', decimal: '.', thousands: '' } },
  text: 'category',
  missing: 'error',
  missingValues: ['NA'],
  unknown: 'error',
  like: undefined,
  maxRows: 10,
})

const csvOptions = () => ({
  ...tableOptions(),
  header: true,
  delimiter: ',',
  quote: '"',
  comments: '#',
  encoding: 'utf-8',
  decimal: '.',
  thousands: ',',
  onProgress: () => undefined,
})

const modelOf = () => compile(net, { kernels: 'reference', seed: 1 })
const trainerOf = () => createTrainer(modelOf(), { data: data(), epochs: 1 })
/** A folder for checkpoints, in which one has some. */
let folder = ''
let runs = 0
const directoryOf = (name: string) => join(folder, name)
const checkpointing = (name = `run${runs++}`) =>
  createTrainer(modelOf(), { data: data(), epochs: 1, checkpoints: { directory: directoryOf(name) } })
const definition = () => ({
  type: 'odd',
  version: 1,
  config: ({ rate = 1 }: { rate?: number } = {}) => ({ rate }),
  migrate: (config: object) => config,
  inputs: ['x'],
  variadic: false,
  outputs: ['y'],
  saved: [],
  nonDifferentiable: [],
  domain: { x: [0, 1] },
  replayable: true,
  shapes: ({ x }: never) => ({ y: x }),
  parameters: () => ({}),
  state: () => ({}),
  forward: ({ x }: never) => ({ y: x }),
  backward: ({ y }: never) => ({ x: y }),
})
const optimizer = () => ({
  type: 'odd',
  version: 1,
  config: ({ rate = 1 }: { rate?: number } = {}) => ({ rate }),
  migrate: (config: object) => config,
  replayable: true,
  slots: () => ({ velocity: 0 }),
  update: ({ value }: never) => ({ value }),
})
const swish = defineNode({
  type: 'swish',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, 2) }),
  backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.scale(dy, 2) }),
})
const screen = () => ({ write: () => true, isTTY: false, columns: 80 })

/** The one bridge that memory transports lead to; opened for the test. */
let bridge: gradstream.Bridge | undefined
/** The file of a model. */
let saved: Uint8Array | undefined

export async function open(): Promise<() => Promise<void>> {
  const trainer = trainerOf()
  bridge = await openBridge(trainer, { port: 0, print: () => undefined, edit: () => trainerOf() })
  saved = new Uint8Array(await (await gradstream.saveModel(modelOf())).arrayBuffer())
  folder = await scratchFolder('odd')
  await checkpointing('resumed').checkpoint()
  // Some odd values are good names of files: what is written under them goes away with the rest.
  const home = process.cwd()
  process.chdir(folder)
  gradstream.recordRun(createTrainer(modelOf(), { data: data(), runId: 'odd' }), directoryOf('recorded'))
  return async () => {
    process.chdir(home)
    await bridge?.close()
    trainer.dispose()
    await rm(folder, { recursive: true, maxRetries: 5 })
  }
}

const opened = () => bridge as gradstream.Bridge
const clientOf = () =>
  connectBridge(memoryTransport(opened()), { token: opened().tokens.viewer, reconnect: false })

/** Right arguments of the factories of nodes: each option they have, those that all have, and a name. */
const factories = Object.fromEntries(
  catalogue.map(({ definition }) => {
    const [example] = 'examples' in definition ? definition.examples : []
    const shared = isUpdating(definition) ? { parameters: ['dense1'] } : { trainable: true }
    const args = () => [{ ...definition.config(example?.config ?? {}), name: 'odd', ...shared }]
    return [definition.type, args] as const
  }),
)

/** Right arguments of what the doors export. */
const exported: Readonly<Record<string, () => readonly unknown[]>> = {
  ...factories,
  GradstreamError: () => ['CYCLE', { place: 'a', expected: 'b', got: 'c', hint: 'd.', cause: 1 }],
  RandomKey: () => [1, 2],
  Tensor: () => [[2], Float32Array.of(1, 2)],
  bidirectional: () => [gradstream.lstm, { units: 2 }, { mergeMode: 'sum' }],
  timeDistributed: () => [relu()],
  splitAll: () => [{ parts: 2, axis: -1 }],
  block: () => ['odd', (x: gradstream.Port) => x],
  repeat: () => [2, () => relu()],
  compile: () => [
    net,
    {
      seed: 1,
      kernels: 'reference',
      precision: 'float64',
      threads: 1,
      blasPath: 'none',
      nodes: [swish],
      checkFinite: ['x'],
      replay: true,
      encoder: table().encoder,
      debug: true,
    },
  ],
  connectBridge: () => [
    memoryTransport(opened()),
    { token: 'x'.repeat(20), name: 'odd', reconnect: { first: 10, most: 20 }, random: () => 0 },
  ],
  createTrainer: () => [
    modelOf(),
    {
      data: data(),
      validation: data(),
      epochs: 1,
      batchSize: 2,
      shuffle: true,
      metrics: [{ metric: 'r2', prediction: 'prediction', target: 'target', name: 'fit', fromLogits: false }],
      seed: 1,
      runId: 'odd',
      sliceTime: 8,
      publishTime: 50,
      limitBatches: 2,
      onNonFinite: { policy: 'rollback', limit: 2, factor: 0.5, everySteps: 5 },
      stepsPerSecond: 5,
      history: 5,
      scheduler: undefined,
      checkpoints: {
        directory: directoryOf(`run${runs++}`),
        everySteps: 5,
        everySeconds: 60,
        everyEpochs: 2,
        keep: 2,
        best: 'loss',
        mode: 'min',
        onSignal: false,
      },
    },
  ],
  csv: () => ['a,b\n1,2\n3,4\n', csvOptions()],
  arrayOf: () => [[{ a: 1, b: 2 }], tableOptions()],
  parquet: () => [
    parquetWriteBuffer({
      columnData: [
        { name: 'a', data: [1, 2], type: 'DOUBLE' },
        { name: 'b', data: [3, 4], type: 'DOUBLE' },
      ],
    }),
    tableOptions(),
  ],
  npy: () => [npyFile()],
  idx: () => [Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 6)],
  fromObservable: () => [
    of({ x: [0, 1], target: [1] }),
    { buffer: 4, onOverflow: 'dropOldest', size: 1, shuffle: 2 },
  ],
  parseCsv: () => ['a,b\n1,2\n3,4\n', csvOptions(), 'odd.csv'],
  defineNode: () => [definition()],
  defineLoss: () => [definition()],
  defineWeightLink: () => [
    {
      type: 'odd',
      version: 1,
      config: () => ({}),
      replayable: true,
      copies: ['average'],
      evaluated: 'average',
      takes: () => true,
      demands: () => undefined,
      update: (weights: unknown) => weights,
    },
  ],
  defineRecurrent: () => [
    {
      type: 'odd',
      config: () => ({}),
      states: ['state'],
      stateShapes: () => ({ state: [2] }),
      step: (values: object) => values,
    },
  ],
  defineLink: () => [{ type: 'odd', version: 1, config: () => ({}), gradients: (given: unknown) => given }],
  defineOptimizer: () => [optimizer()],
  defineMetric: () => [
    {
      type: 'odd',
      config: () => ({}),
      expects: 'labels',
      sums: ['a'],
      columns: () => ({ b: 1 }),
      moments: ['c'],
      tally: ({ target }: { target: Tensor }) => ({ a: 1, b: target, c: target }),
      figures: () => ['one'],
      result: () => [1],
    },
  ],
  loadModel: () => [
    saved ?? new Uint8Array(),
    {
      seed: 1,
      kernels: 'reference',
      precision: 'float64',
      threads: 1,
      blasPath: 'none',
      nodes: [swish],
      checkFinite: ['x'],
      replay: true,
      debug: true,
    },
  ],
  readSafetensors: () => [gradstream.writeSafetensors({ a: [1, 2] })],
  hasCheckpoint: () => [directoryOf('resumed')],
  resume: () => [
    directoryOf('resumed'),
    {
      data: data(),
      metrics: [],
      kernels: 'reference',
      threads: 1,
      nodes: [],
      scheduler: undefined,
      sliceTime: 8,
      publishTime: 50,
      graph: net,
      checkpoints: { everyEpochs: 1 },
    },
  ],
  saveModel: () => [modelOf()],
  writeSafetensors: () => [{ a: [[1, 2]], b: { shape: [1], data: Int8Array.of(1) } }, { format: 'odd' }],
  earlyStopping: () => [
    trainerOf(),
    {
      monitor: 'loss',
      mode: 'min',
      patience: 3,
      minimumDelta: 0.1,
      baseline: 1,
      warmUp: 1,
      restoreBest: true,
    },
  ],
  timeLimit: () => [trainerOf(), { seconds: 5 }],
  dryRun: () => [modelOf(), { data: data(), batchSize: 2, seed: 1 }],
  findBatchSize: () => [
    modelOf(),
    { data: data(), minimum: 1, maximum: 2, seconds: 0.001, shuffle: true, seed: 1 },
  ],
  findLearningRate: () => [
    modelOf(),
    { data: data(), minimum: 1e-3, maximum: 1, steps: 20, batchSize: 2, shuffle: true, seed: 1 },
  ],
  csvLog: () => [trainerOf(), '/dev/null', { append: true }],
  jsonLog: () => [trainerOf(), '/dev/null', { append: true, steps: true }],
  notify: () => [
    trainerOf(),
    {
      url: 'http://127.0.0.1:9/',
      on: ['alarm', 'failed'],
      headers: { authorization: 'Bearer x' },
      seconds: 1,
    },
  ],
  watchTraining: () => [
    trainerOf(),
    {
      gradients: { exploding: 10, vanishing: 1e-3, everySteps: 5 },
      deadUnits: { share: 0.5, looks: 3, everySteps: 5 },
      plateau: { monitor: 'loss', mode: 'min', patience: 2, threshold: 0.1 },
      overfitting: { share: 0.1, patience: 2 },
      stalledData: { seconds: 5 },
    },
  ],
  recordRun: () => [
    trainerOf(),
    directoryOf('recorded'),
    { name: 'odd', author: 'me', notes: 'none', tensorboard: true, keep: 9 },
  ],
  readRun: () => [directoryOf('recorded/odd')],
  listRuns: () => [directoryOf('recorded')],
  evaluate: () => [
    modelOf(),
    data(),
    { metrics: ['r2', { metric: 'auc', curve: 'pr', thresholds: 10, fromLogits: true }], batchSize: 2 },
  ],
  fromArrays: () => [{ x: rows(), target: { shape: [4, 1], data: Float32Array.of(0, 1, 1, 0) } }],
  fromIterable: () => [[{ x: [0, 1], target: [1] }], { size: 1, shuffle: 2 }],
  graph: () => [{ prediction, loss }],
  graphFromJson: () => [JSON.parse(JSON.stringify(net)), { nodes: [swish] }],
  graphToJson: () => [net, 2],
  input: () => [{ name: 'x', shape: [2] }],
  mapTensors: () => [{ a: new Tensor([1], Float32Array.of(1)) }, (tensor: Tensor) => tensor],
  moments: () => [data(), { column: 'x', shape: [2], samples: 4 }],
  memoryTransport: () => [opened()],
  oneHot: () => [['a', 'b'], { classes: ['a', 'b'] }],
  openBridge: () => [
    trainerOf(),
    {
      port: 0,
      host: '127.0.0.1',
      tokens: { controller: 'x'.repeat(20), viewer: 'y'.repeat(20) },
      rate: 20,
      connections: 1,
      share: 0.1,
      hosts: ['a:1'],
      origins: ['http://a'],
      runs: { directory: directoryOf('recorded'), name: 'odd', tensorboard: false },
      text: { encode: () => [0], decode: () => '' },
      edit: () => trainerOf(),
      print: () => undefined,
      scheduler: undefined,
    },
  ],
  tensor: () => [[[1, 2]], 'float32', 'odd'],
  validate: () => [net, { nodes: [swish] }],
  confusionMatrix: () => [
    new Tensor([2, 1], Float32Array.of(0, 1)),
    new Tensor([2, 1], Float32Array.of(0, 1)),
    ['no', 'yes'],
  ],
  lossCurve: () => [
    [{ epoch: 1, step: 1, metrics: { loss: 1 }, duration: 1 }],
    { stream: screen(), width: 40, height: 5, color: false },
  ],
  showProgress: () => [trainerOf(), { stream: screen() }],
  checkNode: () => [
    { type: 'relu', config: {} },
    { inputs: { x: [2, 2] }, seed: 1, nodes: [swish] },
  ],
  evaluateNode: () => [
    { type: 'dense', config: { units: 1 } },
    {
      inputs: { x: { shape: [1, 2], data: [1, 2] } },
      parameters: { bias: { shape: [1], data: [1] } },
      state: {},
      outputGradient: { shape: [1, 1], data: [1] },
      mode: 'train',
    },
    { precision: 'float64', kernels: 'reference', nodes: [swish] },
  ],
  evaluateOptimizer: () => [
    { type: 'sgd', config: { learningRate: 1 } },
    { initial: { shape: [1], data: [1] }, gradients: [{ shape: [1], data: [1] }] },
    { precision: 'float64', kernels: 'reference', nodes: [swish] },
  ],
}

/** Right arguments of methods; those of functions that take none are left out. */
const methods: Readonly<Record<string, () => readonly unknown[]>> = {
  'RandomKey.of': () => [7],
  'key.child': () => ['purpose'],
  'key.bits': () => [3],
  'key.uniform': () => [3, 0, 1],
  'key.normal': () => [3],
  'key.permutation': () => [3],
  'port.pipe': () => [relu(), dense({ units: 2 })],
  'relu()': () => [x],
  'add()': () => [x, x],
  'sgd()': () => [loss],
  'meanSquaredError()': () => [prediction, target],
  'model.node': () => ['dense1'],
  'model.explain': () => [{ format: 'json' }],
  'model.offer': () => [{ scalings: { x: { mean: [0, 0], deviation: [1, 1] } }, encoder: table().encoder }],
  'model.scalingsFor': () => [{ scalings: {}, encoder: undefined }, 'odd'],
  'model.load': () => [
    { 'dense1.kernel': [[1, 2]], 'fc1.bias': [0] },
    {
      only: ['dense1'],
      rename: { fc1: 'dense1' },
      transpose: { 'dense1.kernel': [1, 0] },
      from: 'gradstream',
    },
  ],
  'model.freeze': () => [['dense1']],
  'model.unfreeze': () => [['dense1']],
  'model.predict': () => [{ x: rows() }, { batchSize: 2 }],
  'parameter.assign': () => [[[1], [2]]],
  'data.column': () => ['x'],
  'data.standardize': () => [{ columns: ['x'] }],
  'data.split': () => [{ validation: 0.5, seed: 1, stratify: 'target' }],
  'data.folds': () => [2, { seed: 1, stratify: 'target' }],
  'data.classes': () => ['target'],
  'data.epoch': () => [
    {
      batchSize: 2,
      inputs: { x: [2] },
      shuffle: RandomKey.of(1),
      precision: 'float64',
      scalings: { x: { mean: [0, 0], deviation: [1, 1] } },
    },
  ],
  'samples.epoch': () => [
    { batchSize: 2, inputs: { x: [2] }, shuffle: RandomKey.of(1), precision: 'float64', scalings: {} },
  ],
  'trainer.eachLoss': () => [() => undefined],
  'trainer.step': () => [1],
  'trainer.stop': () => ['odd'],
  'trainer.alarm': () => [
    { code: 'ODD', message: 'odd', node: 'dense1', direction: 'forward', inputs: ['x'], figure: 'loss' },
  ],
  'trainer.set': () => ['sgd1', { learningRate: 0.1 }, 0],
  'trainer.setStepsPerSecond': () => [100],
  'trainer.send': () => [{ type: 'set', node: 'sgd1', values: { learningRate: 0.1 }, revision: 0 }, 'odd'],
  'trainer.refuse': () => [
    { type: 'pause' },
    'odd',
    new gradstream.GradstreamError('CYCLE', { place: 'a', expected: 'b', got: 'c' }),
  ],
  'trainer.note': () => [new Map()],
  'client.watch': () => [{ node: 'dense1', of: 'forward', what: 'stats', rate: 5 }],
  'client.series': () => ['loss', { from: 0, to: 10, points: 5 }],
  'client.predict': () => [{ inputs: { x: [[1, 2]] } }],
  'client.draft': () => [[{ set: 'dense1', config: { units: 2 } }], 'dense1'],
  'client.rename': () => ['Ada'],
  'client.write': () => [{ text: 'a', count: 1, temperature: 1, seed: 0 }],
  'client.names': () => [{ node: 'dense1', parameter: 'kernel', count: 2 }],
  'client.send': () => [{ type: 'pause' }],
  'initializer.constant': () => [{ value: 1 }],
  'initializer.identity': () => [{ gain: 2 }],
  'initializer.orthogonal': () => [{ gain: 2 }],
  'initializer.randomNormal': () => [{ mean: 1, deviation: 2 }],
  'initializer.randomUniform': () => [{ minimum: 0, maximum: 1 }],
  'initializer.truncatedNormal': () => [{ mean: 1, deviation: 2 }],
  'initializer.varianceScaling': () => [{ scale: 2, mode: 'fanOut', distribution: 'normal' }],
  'metric.fBeta': () => [{ beta: 2, average: 'none', threshold: 0.2, multiLabel: true, name: 'odd' }],
  'metric.precision': () => [{ average: 'micro', prediction: 'prediction', target: 'target' }],
  'metric.auc': () => [{ curve: 'pr', thresholds: 20, average: 'weighted', fromLogits: true }],
  'metric.binaryAccuracy': () => [{ threshold: 0.2, weights: true }],
  'metric.sensitivityAtSpecificity': () => [{ specificity: 0.9 }],
  'metric.specificityAtSensitivity': () => [{ sensitivity: 0.9 }],
  'metric.topKAccuracy': () => [{ k: 3 }],
  'schedule.constant': () => [{ value: 1 }],
  'schedule.cosine': () => [{ initial: 1, steps: 10, alpha: 0.1 }],
  'schedule.cosineRestarts': () => [{ initial: 1, steps: 10, alpha: 0.1, factor: 2, decay: 0.5 }],
  'schedule.cyclic': () => [{ minimum: 0, maximum: 1, steps: 20, mode: 'exponential', gamma: 0.9 }],
  'schedule.exponential': () => [{ initial: 1, rate: 0.5, steps: 10, staircase: true }],
  'schedule.inverseTime': () => [{ initial: 1, rate: 0.5, steps: 10, staircase: true }],
  'schedule.oneCycle': () => [{ maximum: 1, steps: 20, rising: 0.3, divisor: 25, finalDivisor: 100 }],
  'schedule.piecewise': () => [{ boundaries: [5], values: [1, 2] }],
  'schedule.polynomial': () => [{ initial: 1, steps: 10, end: 0, power: 2 }],
  'schedule.reduceOnPlateau': () => [
    {
      initial: 1,
      monitor: 'loss',
      mode: 'min',
      factor: 0.5,
      patience: 3,
      threshold: 0.1,
      cooldown: 1,
      minimum: 0.1,
    },
  ],
  'schedule.warmUp': () => [{ steps: 5, to: 1, from: 0 }],
  'check.boolean': () => [{ odd: true }],
  'check.broadcastPorts': () => [{ a: [null, 1], b: [null, 3] }],
  'check.byName': () => [{ odd: { x: 1 } }],
  'check.callable': () => [{ odd: () => 1 }],
  'check.finiteNumber': () => [{ odd: 1 }],
  'check.fraction': () => [{ odd: 0.5 }],
  'check.integer': () => [{ odd: 1 }],
  'check.knownOptions': () => [{ a: 1 }, ['a']],
  'check.lastAxis': () => [{ a: [null, 1] }],
  'check.list': () => [{ odd: [1] }, 'of numbers', () => true],
  'check.nonNegativeInteger': () => [{ odd: 1 }],
  'check.nonNegativeNumber': () => [{ odd: 1 }],
  'check.oneOf': () => [{ odd: 'a' }, ['a']],
  'check.options': () => [{ a: 1 }, ['a']],
  'check.positiveInteger': () => [{ odd: 1 }],
  'check.positiveNumber': () => [{ odd: 1 }],
  'check.samePorts': () => [{ a: [null, 1], b: [null, 1] }],
  'check.sampleShape': () => [{ odd: [1] }],
  'check.scheduler': () => [{ odd: { schedule: () => 1, now: () => 1 } }],
  'check.text': () => [{ odd: 'a' }],
  'check.texts': () => [{ odd: ['a'] }],
}

/** Objects whose methods and getters are public, each made anew for a call. */
const objects: Readonly<Record<string, () => object>> = {
  RandomKey: () => RandomKey,
  key: () => RandomKey.of(7),
  tensor: () => new Tensor([1], Float32Array.of(1)),
  error: () => new gradstream.GradstreamError('CYCLE', { place: 'a', expected: 'b', got: 'c' }),
  port: () => x,
  model: modelOf,
  'model node': () => modelOf().node('dense1'),
  parameter: () => modelOf().node('dense1').parameters.kernel,
  data,
  samples: () => fromIterable([{ x: [0, 1], target: [1] }]),
  trainer: () => checkpointing(),
  bridge: opened,
  client: clientOf,
  check: () => check,
  initializer: () => initializer,
  schedule: () => schedule,
  metric: () => metric,
}

/** What factories give. */
const nodes: Readonly<Record<string, () => (...ports: never[]) => unknown>> = {
  'relu()': () => relu() as never,
  'add()': () => add() as never,
  'sgd()': () => sgd() as never,
  'meanSquaredError()': () => meanSquaredError() as never,
}

/** Closing what all the others need is tried by tests of its own. */
const LEFT_OUT = new Set(['bridge.close', 'error.toString', 'constructor'])

/** All that there is to call. */
export function calls(): Call[] {
  const doors = { ...gradstream, ...client, ...terminal, ...testing } as Record<string, unknown>
  const functions = Object.entries(doors).flatMap(([name, value]): Call[] => {
    if (typeof value !== 'function') return []
    const args = exported[name]
    if (args === undefined) throw new Error(`no right arguments of ${name} are known`)
    const isClass = /^class\b/.test(String(value))
    const call = (given: readonly unknown[]) =>
      isClass ? Reflect.construct(value, given) : Reflect.apply(value, undefined, given)
    return [
      {
        name,
        get args() {
          return args()
        },
        call,
      },
    ]
  })
  const members = Object.entries(objects).flatMap(([owner, make]) => {
    const sample = make()
    return namesOf(sample).flatMap((member): Call[] => {
      const name = `${owner}.${member}`
      if (LEFT_OUT.has(name) || LEFT_OUT.has(member)) return []
      // What a module exports may stand behind a getter, as a value does.
      const call = (args: readonly unknown[]) => {
        const object = make() as Record<string, unknown>
        const value = object[member]
        return typeof value === 'function' ? Reflect.apply(value, object, args) : value
      }
      return [
        {
          name,
          get args() {
            return methods[name]?.() ?? []
          },
          call,
        },
      ]
    })
  })
  const applied = Object.entries(nodes).map(
    ([name, make]): Call => ({
      name,
      get args() {
        return methods[name]?.() ?? []
      },
      call: args => make()(...(args as never[])),
    }),
  )
  return [...functions, ...members, ...applied]
}

/** The names of the public members of an object and of its classes. */
function namesOf(object: object): string[] {
  const names = new Set<string>()
  for (let at: object | null = object; at !== null && !isBuiltIn(at); at = Object.getPrototypeOf(at))
    for (const name of Object.getOwnPropertyNames(at)) names.add(name)
  return [...names].filter(name => !isHidden(object, name))
}

const isBuiltIn = (prototype: object) =>
  [Object, Function, Array, Error].some(({ prototype: own }) => own === prototype)

/** What TypeScript calls private is no part of the surface: it is not among what the tests know, and takes arguments. */
const isHidden = (object: object, name: string) =>
  ['prototype', 'length', 'name', 'constructor'].includes(name) ||
  PRIVATE.has(name) ||
  (typeof object === 'function' && name === 'arguments')

/** The private methods of public classes, which JavaScript cannot tell from the others. */
const PRIVATE = new Set([
  ...[
    'engine',
    'viewOf',
    'rowsOf',
    'rowsByName',
    'batch',
    'outputsFrom',
    'standardization',
    'views',
    'answers',
    'computed',
    'meaning',
  ],
  ...[
    'divide',
    'prepare',
    'fit',
    'known',
    'part',
    'fitted',
    'prepared',
    'gathered',
    'raw',
    'filled',
    'fills',
    'scales',
    'learned',
    'fits',
  ],
  ...['loop', 'machine', 'publisher', 'steering', 'advance', 'recovery', 'attempt'],
  ...[
    'settings',
    'link',
    'replica',
    'requests',
    'watching',
    'receipts',
    'errors',
    'order',
    'states',
    'events',
  ],
  ...['connections', 'ticking', 'connection', 'isSyncing', 'greet', 'welcome', 'finish', 'emitter', 'become'],
  ...['read', 'receive', 'stateChanged', 'sync', 'write', 'numbers', 'applied', 'ask'],
])
