/** For each code of an error, something that provokes it. */
import { rm } from 'node:fs/promises'
import {
  add,
  type BridgeClient,
  binaryCrossentropy,
  type Config,
  compile,
  connectBridge,
  createTrainer,
  csv,
  defineNode,
  dense,
  embedding,
  type Frame,
  flatten,
  fromArrays,
  fromIterable,
  fromObservable,
  type GraphDef,
  graph,
  graphFromJson,
  input,
  meanSquaredError,
  memoryTransport,
  npy,
  openBridge,
  type Port,
  parquet,
  parseCsv,
  positionEmbedding,
  readSafetensors,
  relu,
  resume,
  saveModel,
  sgd,
  sigmoid,
  softmax,
  type TensorLike,
  type TrainerOptions,
  validate,
  writeSafetensors,
} from 'gradstream'
import { checkNode } from 'gradstream/testing'
import { firstValueFrom, map, range, throwError } from 'rxjs'
import { vi } from 'vitest'
import { type ErrorCode, type ErrorReport, GradstreamError } from '../../core/index.ts'
import { serve } from '../../runtime/bridge/server/serve.browser.ts'
import { notExact } from '../../runtime/training/changes.ts'
import { scratchFolder } from '../support/scratch.ts'

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [1] })
const lossOf = (prediction: Port) => meanSquaredError()(prediction, target)
const train = (loss: Port) => graph({ loss, update: loss.pipe(sgd()) })
const simple = () => train(lossOf(x.pipe(dense({ units: 1 }))))
const data = (rows: TensorLike = [[1, 2]]) => fromArrays({ x: rows, target: [[1]] })
const run = (net: GraphDef, nodes: NodeDefs = []) =>
  createTrainer(compile(net, { nodes, seed: 1 }), { data: data(), epochs: 1 }).run()
const trainer = () => createTrainer(compile(simple(), { seed: 1 }), { data: data(), epochs: 1 })

/** Does something with a client of a run. */
async function bridged(work: (client: BridgeClient) => Promise<unknown>, token?: string): Promise<unknown> {
  const run = trainer()
  const bridge = await openBridge(run, { port: 0, print: () => undefined })
  const client = connectBridge(memoryTransport(bridge), { token: token ?? bridge.tokens.viewer })
  try {
    return await work(client)
  } finally {
    client.close()
    await bridge.close()
    run.dispose()
  }
}

/** Does something with the checkpoints of a run whose learning rate was set. */
async function interrupted<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await scratchFolder('provoked')
  const options = { data: data(), epochs: 1, checkpoints: { directory } }
  const run = createTrainer(compile(simple(), { seed: 1 }), options)
  try {
    await run.set('sgd1', { learningRate: 0.003 })
    await run.run()
    return await work(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

const predict = (model: ReturnType<typeof compile>) => model.predict({ x: [[1, 2]] })
const fault = (net: GraphDef) => validate(net)[0]
const tampered = (
  net: GraphDef,
  change: (nodes: Record<string, Record<string, unknown>>) => void,
): GraphDef => {
  const copy = JSON.parse(JSON.stringify(net))
  change(Object.fromEntries(copy.nodes.map((node: { id: string }) => [node.id, node])))
  return copy
}

type NodeDefs = readonly ReturnType<typeof custom>[]

/** A node that passes its input on, with parts replaced. */
const custom = (type: string, parts: Partial<Parameters<typeof defineNode>[0]> = {}) =>
  defineNode({
    type,
    config: (options: Config = {}) => options,
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    forward: ({ x }, _, { kernels: k }) => ({ y: k.copy(x) }),
    backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.copy(dy) }),
    ...(parts as object),
  })
const inside = (node: ReturnType<typeof custom>) =>
  run(train(lossOf(x.pipe(dense({ units: 1 }), node()))), [node])

/** What a trainer warns of, with standardized inputs. */
function warningOf(arrays: Readonly<Record<string, number[][]>>, prediction = x.pipe(dense({ units: 1 }))) {
  const data = fromArrays(arrays)
  return firstWarning({ data: data.size > 1 ? data.standardize() : data }, prediction)
}

function firstWarning(options: TrainerOptions, prediction = x.pipe(dense({ units: 1 }))) {
  const silent = vi.spyOn(console, 'warn').mockReturnValue(undefined)
  const trainer = createTrainer(compile(train(lossOf(prediction))), options)
  silent.mockRestore()
  return firstValueFrom(trainer.warnings$)
}

/** Each gives an error, or throws or rejects with it. */
const provoke: Record<ErrorCode, () => unknown> = {
  ALREADY_DISPOSED() {
    const model = compile(simple())
    model.dispose()
    predict(model)
  },
  ARRAY_INVALID: () => npy(new TextEncoder().encode('1,2,3\n4,5,6\n')),
  BAD_FILE: () => readSafetensors(writeSafetensors({ weight: [1, 2, 3] }).slice(0, -4)),
  BUSY() {
    const model = compile(graph({ y: x.pipe(relu()) }))
    let thrown: unknown
    model.node('y').forward$.subscribe(() => {
      try {
        predict(model)
      } catch (error) {
        thrown = error
      }
    })
    predict(model)
    throw thrown
  },
  CONSTANT_FEATURE: () =>
    warningOf({
      x: [
        [7, 1],
        [7, 2],
      ],
      target: [[0], [1]],
    }),
  CSV_INVALID: () => parseCsv('size,price\n1,2\n3\n', { target: 'price' }, 'houses.csv'),
  CYCLE: () =>
    fault(
      tampered(graph({ y: x.pipe(relu(), relu()) }), ({ relu1 }) => {
        Object.assign(relu1 as object, { inputs: { x: { node: 'relu2', output: 'y' } } })
      }),
    ),
  DATA_AMBIGUOUS: () => parseCsv('5.1,3.5,1\n4.9,3,0\n', { target: '1' }, 'flowers.csv'),
  DATA_EMPTY: () => parseCsv('size,price\n', { target: 'price' }, 'houses.csv'),
  DATA_EXHAUSTED() {
    function* samples() {
      yield { x: [1, 2], target: [1] }
    }
    return createTrainer(compile(simple()), { data: fromIterable(samples()), epochs: 2 }).run()
  },
  DATA_FAILED() {
    const broken = fromIterable(() => {
      throw new Error('the disk is gone')
    })
    return createTrainer(compile(simple()), { data: broken }).run()
  },
  DATA_MISMATCH: () => createTrainer(compile(simple()), { data: fromArrays({ x: [[1, 2]], y: [[1]] }) }),
  DATA_OVERFLOW() {
    const readings$ = range(0, 100).pipe(map(i => ({ x: [i, 1], target: [i] })))
    return createTrainer(compile(simple()), { data: fromObservable(readings$, { buffer: 8 }) }).run()
  },
  DATA_NOT_FINITE: () => data([[1, Number.NaN]]),
  DISCONNECTED: () =>
    bridged(client => {
      client.close()
      return client.send({ type: 'pause' })
    }),
  DUPLICATE_NAME: () =>
    fault(graph({ y: x.pipe(relu({ name: 'gate' }), dense({ units: 1, name: 'gate' })) })),
  ENCODING_INVALID: () => csv(Uint8Array.of(97, 44, 98, 10, 0xe4, 44, 49, 10), { target: 'b' }),
  FILE_NOT_READ: () => csv('no-such-folder/houses.csv', { target: 'price' }),
  FILE_NOT_WRITTEN: () => saveModel(compile(simple()), 'examples/data'),
  FORBIDDEN: () => bridged(client => client.send({ type: 'stop' })),
  GRAPH_FORMAT: () => graphFromJson('{ "format": "other" }'),
  // @ts-expect-error an argument is missing
  GRAPH_INVALID: () => compile(graph({ a: add()(x), b: add()(x.pipe(dense({ units: 3 })), x) })),
  GRAPH_MISMATCH: () =>
    interrupted(directory =>
      resume(directory, { data: data(), graph: train(lossOf(x.pipe(dense({ units: 1 }), relu()))) }),
    ),
  INVALID_COMMAND: () => trainer().send({ type: 'faster' } as never),
  INDEX_MISMATCH() {
    const words = input({ name: 'words', shape: [2] })
    const prediction = words.pipe(embedding({ inputDim: 3, outputDim: 2 }), flatten(), dense({ units: 1 }))
    const data = fromArrays({
      words: [
        [0, 1],
        [2, 3],
      ],
      target: [[1], [2]],
    })
    return createTrainer(compile(train(meanSquaredError()(prediction, target))), { data })
  },
  INVALID_CONFIG: () => dense({ units: 0 }),
  INVALID_MESSAGE: () =>
    bridged(client => firstValueFrom(client.watch({ node: 'dense1', of: 'forward', what: 'all' } as never))),
  INVALID_OPTION: () => createTrainer(compile(simple()), { data: data(), batchSize: 0 }),
  KERNELS_UNAVAILABLE: () => compile(simple(), { kernels: 'cuda' as never }),
  LOSSES_MIX() {
    const trunk = x.pipe(dense({ units: 2 }))
    const head = () => lossOf(trunk.pipe(dense({ units: 1 })))
    const optimizer = (...parameters: string[]) => sgd({ parameters })
    return fault(
      graph({ a: head().pipe(optimizer('dense1', 'dense2')), b: head().pipe(optimizer('dense3')) }),
    )
  },
  LOSS_NOT_OPTIMIZED() {
    const prediction = x.pipe(dense({ units: 1 }))
    return fault(graph({ update: lossOf(prediction).pipe(sgd()), other: lossOf(prediction) }))
  },
  NOT_TRAINED() {
    const places = input({ name: 'words', shape: [3, 2] }).pipe(
      dense({ units: 4 }),
      positionEmbedding({ sequenceLength: 3 }),
    )
    return fault(
      train(meanSquaredError()(places.pipe(dense({ units: 1 })), input({ name: 'marks', shape: [3, 1] }))),
    )
  },
  // @ts-expect-error a prediction is no loss
  LOSS_NOT_SCALAR: () => fault(graph({ update: x.pipe(dense({ units: 1 }), sgd()) })),
  LOSS_SWAPPED() {
    const learned = meanSquaredError()(x.pipe(dense({ units: 1 })), target)
    return fault(train(add()(learned, meanSquaredError()(target, x.pipe(dense({ units: 1 }))))))
  },
  METRIC_MISMATCH() {
    const prices = fromArrays({ x: [[1, 2]], target: [[310]] })
    return createTrainer(compile(simple()), { data: prices, metrics: ['accuracy'] })
  },
  MISSING_CELL: () => parseCsv('size,price\n1,2\n,4\n', { target: 'price' }, 'houses.csv'),
  MISSING_GRADIENT: () => inside(custom('swish', { backward: () => ({}) })),
  // @ts-expect-error an input is missing
  MISSING_INPUT: () => compile(graph({ y: add()(x, x.pipe(relu())) })).predict({}),
  MISSING_OUTPUT: () => inside(custom('swish', { forward: () => ({}) })),
  NEEDS_NODE: () => serve(trainer(), {}),
  NODE_FAILED: () =>
    inside(
      custom('swish', {
        forward() {
          throw new Error('beta is not defined')
        },
      }),
    ),
  NODE_LAW_BROKEN() {
    const node = custom('double', { forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x as never, 2) }) })
    checkNode({ type: 'double' }, { inputs: { x: [1, 1] }, nodes: [node] })
  },
  NOT_AVAILABLE: () => trainer().send({ type: 'resume' }),
  NOTHING_TO_TRAIN: () => fault(train(lossOf(x.pipe(dense({ units: 1, trainable: false }))))),
  NOT_EXACT: () =>
    notExact(
      'gradstream 0.1.0, Node v20.19.0 on linux x64',
      'gradstream 0.1.0, Node v24.1.0 on darwin arm64',
    ),
  NOT_FINITE() {
    const rows = [[1e30, -1e30]]
    return createTrainer(compile(simple(), { seed: 1 }), { data: data(rows), epochs: 1 }).run()
  },
  NO_OPTIMIZER: () => createTrainer(compile(graph({ y: x.pipe(relu()) })), { data: data() }),
  ONE_CLASS: () => fault(train(lossOf(x.pipe(dense({ units: 1 }), softmax())))),
  OPEN_AXIS: () =>
    fault(graph({ y: input({ name: 'x', shape: [null, 3] }).pipe(flatten(), dense({ units: 2 })) })),
  // @ts-expect-error an argument is missing
  OPEN_PORT: () => fault(graph({ y: add()(x) })),
  OPTIMIZERS_OVERLAP() {
    const loss = lossOf(x.pipe(dense({ units: 1, useBias: false })))
    return fault(graph({ a: loss.pipe(sgd()), b: loss.pipe(sgd()) }))
  },
  OUT_OF_MEMORY: () =>
    compile(graph({ y: input({ name: 'x', shape: [40_000] }).pipe(dense({ units: 40_000 })) }), {
      kernels: 'wasm',
    }),
  // An address of documentation, which no machine has.
  PARQUET_INVALID: () => parquet(new TextEncoder().encode('1,2,3\n4,5,6\n'), { target: 'price' }),
  PORT_UNAVAILABLE: () =>
    openBridge(trainer(), { host: '203.0.113.1', tokens: { controller: 'correct-horse-battery-staple' } }),
  RANGE_MISMATCH: () => fault(train(binaryCrossentropy()(x.pipe(dense({ units: 1 })), target))),
  async REVISION_CONFLICT() {
    const run = trainer()
    await run.set('sgd1', { learningRate: 0.02 })
    return run.set('sgd1', { learningRate: 0.03 }, 0)
  },
  SET_BY_HAND: () =>
    interrupted(async directory => {
      const silent = vi.spyOn(console, 'warn').mockReturnValue(undefined)
      const trainer = await resume(directory, { data: data() })
      silent.mockRestore()
      return firstValueFrom(trainer.warnings$)
    }),
  SHAPE_MISMATCH: () => fault(graph({ y: add()(x.pipe(dense({ units: 3 })), x) })),
  SHUFFLE_IGNORED: () => firstWarning({ data: fromIterable([{ x: [1, 2], target: [3] }]), shuffle: true }),
  STALE_TENSOR() {
    const model = compile(graph({ y: x.pipe(relu()) }), { debug: true })
    const frames: Frame[] = []
    model.node('y').forward$.subscribe(frame => frames.push(frame))
    predict(model)
    frames[0]?.tensor.norm()
  },
  async STREAM_FAILED() {
    const silent = vi.spyOn(console, 'warn').mockReturnValue(undefined)
    const run = trainer()
    await run.set('sgd1', { learningRate: throwError(() => new Error('the dial is unplugged')) })
    silent.mockRestore()
    return firstValueFrom(run.warnings$)
  },
  async SUBSCRIBER_FAILED() {
    const model = compile(graph({ y: x.pipe(relu()) }))
    let reported: unknown
    model.errors$.subscribe(error => {
      reported = error
    })
    model.node('relu1').forward$.subscribe(() => {
      throw new Error('chart is not defined')
    })
    predict(model)
    throw reported
  },
  TARGET_MISMATCH() {
    const prediction = x.pipe(dense({ units: 1 }), sigmoid())
    const data = fromArrays({
      x: [
        [1, 2],
        [3, 4],
      ],
      target: [[1], [2]],
    })
    return createTrainer(compile(train(binaryCrossentropy()(prediction, target))), { data })
  },
  TARGET_OUT_OF_REACH: () =>
    warningOf({ x: [[1, 2]], target: [[310]] }, x.pipe(dense({ units: 1 }), sigmoid())),
  TOKEN_REQUIRED: () => openBridge(trainer(), { host: '0.0.0.0' }),
  TOO_LARGE: () => parseCsv('size,price\n1,2\n3,4\n', { target: 'price', maxRows: 1 }, 'houses.csv'),
  UNAUTHORIZED: () => bridged(client => firstValueFrom(client.state$), 'a wrong one'),
  UNKNOWN_CATEGORY() {
    const like = parseCsv('town,price\nOslo,1\nRome,2\n', { target: 'price', categorical: ['town'] })
    return parseCsv('town,price\nOsol,1\n', { like }, 'more.csv')
  },
  UNKNOWN_NAME: () => compile(simple()).node('dense2'),
  UNKNOWN_TYPE: () => fault(graph({ y: x.pipe(custom('swish')()) })),
  UNREACHABLE_INPUT() {
    const { outputs, ...net } = graph({ y: x.pipe(relu()), z: target })
    return fault({ ...net, outputs: { y: outputs.y as (typeof outputs)[string] } })
  },
  WEIGHTS_MISMATCH: () => compile(simple()).load({ 'dense1.kernel': [[1, 2]], 'fc1.bias': [0] }),
}

/** The error of that code, as it really happens. */
export async function provoked(code: ErrorCode): Promise<ErrorReport> {
  try {
    const given = (await provoke[code]()) as ErrorReport | undefined
    if (given?.code) return given
  } catch (error) {
    if (error instanceof GradstreamError) return error
    throw error
  }
  throw new Error(`${code} was not provoked`)
}
