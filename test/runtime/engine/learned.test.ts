/** What a model has learned can be taken out and put into another one: all of it, or a part. */
import {
  accumulate,
  adam,
  batchNormalization,
  block,
  clipByGlobalNorm,
  compile,
  createTrainer,
  dense,
  dropout,
  fromArrays,
  type GraphDef,
  graph,
  input,
  type KernelsName,
  type LoadOptions,
  type Model,
  meanSquaredError,
  type Port,
  schedule,
  Tensor,
  tanh,
} from 'gradstream'
import { describe, expect, test } from 'vitest'
import { heldBy } from '../../../runtime/engine/held.ts'
import { engineOf } from '../../../runtime/engine/model.ts'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { rowsFor, usualNetwork } from '../../support/usual-network.ts'
import { errorOf, regression, samples } from '../support.ts'

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [1] })

/** Everything that holds state: moving averages, slots, sums of gradients, dropout, a schedule, a block, a layer used twice. */
function everything(trainable = true, { units = 5 } = {}) {
  const twice = dense({ units, name: 'twice' })
  const body = block('body', (port: Port) =>
    port.pipe(dense({ units, trainable }), batchNormalization({ trainable }), tanh()),
  )
  const prediction = body(x).pipe(twice, dropout({ rate: 0.2 }), twice, dense({ units: 1, name: 'head' }))
  const loss = meanSquaredError()(prediction, target)
  const rate = schedule.cosine({ initial: 0.05, steps: 100 })
  const update = loss.pipe(
    clipByGlobalNorm({ norm: 1 }),
    accumulate({ steps: 2 }),
    adam({ learningRate: rate }),
  )
  return graph({ prediction, loss, update })
}

const train = (model: Model, epochs = 3, data = samples(40)) =>
  createTrainer(model, { data, epochs, batchSize: 8, shuffle: false }).run()
const bytesOf = (model: Model) =>
  Object.fromEntries(
    Object.entries(model.state()).map(([name, { shape, data }]) => [name, { shape, data: [...data] }]),
  )

const KERNELS: readonly KernelsName[] = ['reference', 'wasm', 'auto']

describe('the state of a model', () => {
  test('has all parameters, slots and states by stable names', async () => {
    const model = compile(everything(), { seed: 1 })
    const parameters = ['body1/dense1.kernel', 'body1/dense1.bias', 'body1/batchNormalization1.gamma']
    parameters.push(
      'body1/batchNormalization1.beta',
      'twice.kernel',
      'twice.bias',
      'head.kernel',
      'head.bias',
    )
    const slots = parameters.flatMap(name => ['m', 'v', 'gradient sum'].map(slot => `${name}/${slot}`))
    const states = ['movingMean', 'movingVariance'].map(name => `body1/batchNormalization1.${name}`)
    expect(Object.keys(model.parameters()).sort()).toEqual(parameters.sort())
    expect(Object.keys(model.state()).sort()).toEqual([...parameters, ...slots, ...states, 'step'].sort())
    await train(model)
    const { step } = model.state()
    expect(step?.item()).toBe(15)
    for (const [name, value] of Object.entries(model.parameters()))
      expect(value.toJSON()).toEqual(
        model
          .node(name.slice(0, name.lastIndexOf('.')))
          .parameters[name.split('.')[1] as string]?.value.toJSON(),
      )
  })

  test('is a copy', async () => {
    const model = compile(regression(), { seed: 1 })
    const before = model.state()
    const json = JSON.stringify(before)
    for (const tensor of Object.values(model.state())) tensor.data.fill(7)
    expect(JSON.stringify(model.state())).toBe(json)
    await train(model)
    expect(JSON.stringify(before)).toBe(json)
    expect(JSON.stringify(model.state())).not.toBe(json)
  })

  test('is not taken in the middle of a step', async () => {
    const model = compile(regression(), { seed: 1 })
    const codes: string[] = []
    model.node('dense1').forward$.subscribe(() => {
      for (const call of [
        () => model.state(),
        () => model.load(model.parameters()),
        () => model.freeze(['dense1']),
      ])
        codes.push(errorOf(call).code)
    })
    model.predict({ x: [[1, 2]] })
    expect(codes).toEqual(['BUSY', 'BUSY', 'BUSY'])
  })
})

describe.each(KERNELS)('a model with the state of another one: %s', kernels => {
  test('goes on as that one does, byte for byte', async () => {
    for (const others of [everything(), regression()]) {
      const [trained, loaded] = [1, 2].map(() => compile(others, { seed: 1, kernels })) as [Model, Model]
      await train(trained)
      expect(loaded.load(trained.state()).sort()).toEqual([...heldBy(engineOf(trained)).keys()].sort())
      expect(bytesOf(loaded)).toEqual(bytesOf(trained))
      await Promise.all([train(trained), train(loaded)])
      expect(bytesOf(loaded)).toEqual(bytesOf(trained))
    }
  })

  test('goes on as that one does in networks as people build them, loaded between any two steps', async () => {
    const dice = new Dice(5)
    for (let i = countOf({ few: 2, usual: 5, full: 50 }); i > 0; i--) {
      const network = usualNetwork(dice)
      const data = fromArrays(rowsFor(network, dice, 40))
      const [trained, loaded] = [1, 2].map(() => compile(network.net, { seed: i, kernels })) as [Model, Model]
      await train(trained, 1 + dice.below(3), data)
      // Replayed steps as well.
      if (dice.below(2) === 0) await train(loaded, 2, data)
      loaded.load(trained.state())
      await Promise.all([train(trained, 2, data), train(loaded, 2, data)])
      expect(bytesOf(loaded)).toEqual(bytesOf(trained))
    }
  })
})

describe('load', () => {
  const trained = async () => {
    const model = compile(everything(), { seed: 1 })
    await train(model)
    return model
  }

  test('takes parameters and states alone where slots are not all there', async () => {
    const model = await trained()
    const { step: _, ...rest } = model.state()
    const other = compile(everything(), { seed: 2 })
    const slots = () =>
      Object.entries(bytesOf(other)).filter(([name]) => /\/[\w ]+$/.test(name.split('.')[1] ?? ''))
    const before = slots()
    const loaded = other.load(rest)
    expect(loaded).toHaveLength(10)
    expect(slots()).toEqual(before)
    expect(other.state().step?.item()).toBe(0)
    expect(other.predict({ x: [[1, 2]] })).toEqual(model.predict({ x: [[1, 2]] }))
  })

  test('leaves out the slots of another optimizer', async () => {
    const adaptive = compile(regressionWith(adam()), { seed: 1 })
    await train(adaptive)
    const plain = compile(regression(), { seed: 2 })
    plain.load(adaptive.state())
    expect(plain.predict({ x: [[1, 2]] })).toEqual(adaptive.predict({ x: [[1, 2]] }))
    expect(plain.state().step?.item()).toBe(0)
    expect(plain.state()['dense1.kernel/velocity']?.norm()).toBe(0)
  })

  test('takes a part by node, block or parameter, and only that', async () => {
    const state = (await trained()).state()
    const parts: [only: string[], loaded: RegExp][] = [
      [['head'], /^head\.\w+$/],
      [['body1'], /^body1\/\w+\.\w+$/],
      [['twice.kernel', 'head.bias'], /^(twice\.kernel|head\.bias)$/],
    ]
    for (const [only, expected] of parts) {
      const other = compile(everything(), { seed: 2 })
      const before = bytesOf(other)
      const loaded = other.load(state, { only })
      expect(loaded).toEqual(Object.keys(state).filter(name => expected.test(name)))
      const after = bytesOf(other)
      for (const name of Object.keys(before))
        expect(after[name]).toEqual(
          loaded.includes(name)
            ? { shape: state[name]?.shape, data: [...(state[name]?.data ?? [])] }
            : before[name],
        )
    }
  })

  test('takes tensors under other names, and with other axes', () => {
    const given = {
      'fc.0.w': new Tensor(
        [4, 2],
        Float32Array.from({ length: 8 }, (_, i) => i),
      ),
      'fc.0.bias': [1, 2, 3, 4],
      'fc.01.x': [1],
    }
    const expected = [
      [0, 2, 4, 6],
      [1, 3, 5, 7],
    ]
    const byPrefix = { 'fc.0.w': 'dense1.kernel', 'fc.0': 'dense1' }
    const byFunction = (name: string) =>
      name === 'fc.01.x' ? undefined : name.replace('fc.0.', 'dense1.').replace('.w', '.kernel')
    for (const rename of [byPrefix, byFunction]) {
      const model = compile(regression(), { seed: 1 })
      const transpose = { 'dense1.kernel': [1, 0] }
      expect(model.load(given, { rename, transpose, only: ['dense1'] })).toEqual([
        'dense1.kernel',
        'dense1.bias',
      ])
      expect(model.node('dense1').parameters.kernel.value.toNested()).toEqual(expected)
    }
  })

  test('takes the paths of Keras', () => {
    const model = compile(everything(), { seed: 1 })
    const paths = {
      'sequential/bn/moving_mean': [1, 2, 3, 4, 5],
      'sequential/bn/gamma': [5, 4, 3, 2, 1],
    }
    const only = ['body1/batchNormalization1.movingMean', 'body1/batchNormalization1.gamma']
    model.load(paths, { from: 'keras', rename: { 'sequential/bn': 'body1/batchNormalization1' }, only })
    expect(model.state()[only[0] as string]?.toNested()).toEqual([1, 2, 3, 4, 5])
  })

  const FAULTS: Record<
    string,
    [tensors: object, options: LoadOptions | undefined, code: string, says: RegExp]
  > = {
    'a tensor that is missing': [
      {
        'dense1.kernel': [
          [1, 2, 3, 4],
          [1, 2, 3, 4],
        ],
      },
      undefined,
      'WEIGHTS_MISMATCH',
      /none for "dense1.bias"/,
    ],
    'a tensor without a place': [
      { 'dense9.kernel': [1] },
      undefined,
      'WEIGHTS_MISMATCH',
      /no place for "dense9.kernel"/,
    ],
    'another shape': [
      { 'dense1.bias': [1, 2, 3] },
      { only: ['dense1.bias'] },
      'WEIGHTS_MISMATCH',
      /dense1.bias \[3\] and not \[4\]/,
    ],
    'a part that there is none of': [{ a: [1] }, { only: ['dense7'] }, 'UNKNOWN_NAME', /"dense7"/],
    'axes of a tensor that is not given': [
      { a: [1] },
      { transpose: { 'dense1.kernel': [1, 0] } },
      'UNKNOWN_NAME',
      /dense1/,
    ],
    'axes that are not those of the tensor': [
      { 'dense1.bias': [1, 2, 3, 4] },
      { only: ['dense1.bias'], transpose: { 'dense1.bias': [1, 0] } },
      'INVALID_OPTION',
      /each of the axes 0/,
    ],
    'two tensors under one name': [{ a: [1], b: [2] }, { rename: () => 'c' }, 'DUPLICATE_NAME', /"c" twice/],
    'a function that throws': [
      { a: [1] },
      {
        rename: () => {
          throw new Error('oops')
        },
      },
      'INVALID_OPTION',
      /oops/,
    ],
    texts: [{ 'dense1.bias': 'x' }, undefined, 'DATA_NOT_FINITE', /"dense1.bias"/],
    nothing: [{}, undefined, 'INVALID_OPTION', /none/],
    'no step': [{ step: [1, 2] }, undefined, 'WEIGHTS_MISMATCH', /none for/],
  }
  test.each(Object.entries(FAULTS))(
    'refuses %s, and changes nothing',
    (_, [tensors, options, code, says]) => {
      const model = compile(regression(), { seed: 1 })
      const before = bytesOf(model)
      const error = errorOf(() => model.load(tensors as never, options))
      expect(error).toMatchObject({ code })
      expect(error.message).toMatch(says)
      expect(bytesOf(model)).toEqual(before)
    },
  )

  test('says to pass the state where states of nodes alone are missing', async () => {
    const model = await trained()
    expect(errorOf(() => compile(everything()).load(model.parameters()))).toMatchObject({
      code: 'WEIGHTS_MISMATCH',
      hint: expect.stringContaining('model.state()'),
    })
  })
})

const regressionWith = (optimizer: (loss: Port) => Port) => {
  const prediction = x.pipe(dense({ units: 4 }), tanh(), dense({ units: 1 }))
  const loss = meanSquaredError()(prediction, target)
  return graph({ prediction, loss, update: optimizer(loss as never) as never }) as GraphDef<'prediction'>
}

describe.each(KERNELS)('frozen parameters: %s', kernels => {
  const gradientsOf = (model: Model, name: string) => {
    let count = 0
    const stop = model.node(name).parameters.kernel.gradient$.subscribe(() => count++)
    return () => {
      stop.unsubscribe()
      return count
    }
  }

  test('stay, while the others learn what they learn in a graph that freezes them', async () => {
    const [frozen, fixed] = [
      compile(everything(), { seed: 1, kernels }),
      compile(everything(false), { seed: 1, kernels }),
    ]
    frozen.freeze(['body1'])
    const before = frozen.parameters()
    await Promise.all([train(frozen), train(fixed)])
    const after = frozen.parameters()
    expect(
      Object.keys(after).filter(name => JSON.stringify(after[name]) === JSON.stringify(before[name])),
    ).toEqual(Object.keys(after).filter(name => name.startsWith('body1')))
    expect(JSON.stringify(frozen.parameters())).toBe(JSON.stringify(fixed.parameters()))
  })

  test('change again after unfreezing, also in the middle of a run of steps that are replayed', async () => {
    const model = compile(regression(), { seed: 1, kernels })
    await train(model)
    for (const frozen of [true, false, true]) {
      const before = model.parameters()
      if (frozen) model.freeze(['dense1'])
      else model.unfreeze(['dense1'])
      expect(model.node('dense1').parameters.kernel.trainable).toBe(!frozen)
      await train(model)
      const after = model.parameters()
      const moved = Object.keys(after).filter(
        name => JSON.stringify(after[name]) !== JSON.stringify(before[name]),
      )
      expect(moved.some(name => name.startsWith('dense1'))).toBe(!frozen)
      expect(moved.some(name => name.startsWith('dense2'))).toBe(true)
    }
  })

  test('have a gradient where somebody listens, and do not change for that', async () => {
    const [model, alone] = [1, 2].map(() => compile(everything(), { seed: 1, kernels })) as [Model, Model]
    for (const each of [model, alone]) each.freeze(['body1', 'twice.bias'])
    const count = gradientsOf(model, 'body1/dense1')
    await Promise.all([train(model), train(alone)])
    expect(count()).toBe(15)
    expect(bytesOf(model)).toEqual(bytesOf(alone))
  })

  test('may be all of them: then a step changes nothing but the states of nodes', async () => {
    const model = compile(everything(), { seed: 1, kernels })
    model.freeze(['body1', 'twice', 'head'])
    const before = JSON.stringify(model.parameters())
    await train(model)
    expect(JSON.stringify(model.parameters())).toBe(before)
    expect(model.summary()).toContain('0 trained')
  })
})

test('a layer that the graph freezes is not unfrozen, and says why', () => {
  const model = compile(everything(false))
  expect(errorOf(() => model.unfreeze(['body1']))).toMatchObject({
    code: 'NOT_AVAILABLE',
    got: expect.stringContaining('trainable: false'),
  })
  expect(errorOf(() => model.freeze(['bodi1']))).toMatchObject({ code: 'UNKNOWN_NAME' })
})

describe('every field of what holds state is known', () => {
  /**
   * `saved`: in `model.state()`, among the options of `saveModel` or, of a run, in the record of a checkpoint. `made`: from the graph, the options
   * and what is saved. `passing`: of one step, of one process, or of those who watch.
   */
  type Kind = 'saved' | 'made' | 'passing'
  const kinds = (saved: string, made: string, passing: string): Record<string, Kind> => {
    const of = (names: string, kind: Kind) =>
      names
        .split(' ')
        .filter(Boolean)
        .map(name => [name, kind] as const)
    return Object.fromEntries([...of(saved, 'saved'), ...of(made, 'made'), ...of(passing, 'passing')])
  }
  const FIELDS: Record<string, Record<string, Kind>> = {
    Model: kinds('graph standardization meaning', 'errors$ views', ''),
    Engine: kinds(
      'graph seed step parameters states optimizers nodes wiring',
      'faults kernels key queue replay debug checkFinite reaching ignored errors$ trained versions wires isTrained openAxes indices iteration',
      'mode averages assignments pass fired errors parts demand demandIsOld isReplaying isHalted toldLast toldUntil updatesAreTapped isTapped looksLater mayLookLater recording checked running started hasCommitted disposed isToBeDisposed',
    ),
    LiveParameter: kinds(
      'version frozen',
      'key shape trainable gradient update claimed stage kernels lease slots gate senders average copies',
      'difference',
    ),
    LiveOptimizer: kinds(
      'written',
      'id resolved parameters start gathering updates behind stage present isGivenOften isStepwise',
      // What a run has shown so far is saved with the run.
      'streams given plateaus',
    ),
    LiveSettings: kinds(
      'written',
      'id resolved stage present isGivenOften isStepwise',
      'streams given plateaus',
    ),
    LiveNode: kinds(
      'state parameters',
      'id resolved definition outputs context forward backward watched',
      'values',
    ),
    Trainer: kinds(
      'data validation loop publisher steering',
      'model scheduler events$ milestones$ state$ patches$ warnings$ errors$ checkpoints recovery wasOver',
      'machine',
    ),
    EpochLoop: kinds(
      'epoch stepsPerEpoch samples meters steps phase batches validationFigures loss',
      // The model has the standardization, and the order follows from the seed and the epoch.
      'scalings train validation tallies engine shuffleKey warn behind',
      'size held ahead started isValidationChecked lossIsUnread faults',
    ),
    Meter: kinds('totals samples', 'kernels lease followed gauges next releases onFault', 'faulty'),
    // The batches of an epoch are counted again when they are passed over.
    Feeder: kinds('batchSize limit', 'engine source inputs samples shapes fit place arrived', 'feeds'),
    Publisher: kinds(
      'history alarmed store elapsed best',
      'events$ milestones$ state$ patches$ engine loop scheduler publishTime events milestones',
      'warnings warned hasStarted epochStarted runningSince due isBehind recent lossListeners later',
    ),
    History: kinds('bound entries stride taken latestPasses displaced', '', ''),
    Steering: kinds('changed', 'run publisher tuned figures warn checkpoint notes', 'subscriptions'),
    // The notes themselves are part of the state.
    Notes: kinds('', 'publisher', 'latest'),
    Run: kinds(
      'period',
      'settings',
      'status requests isHandling inSlice isInStep ending waiters steps limit next sliceEnd workTime due awaited awaitedSince waited isDisposed',
    ),
    Checkpoints: kinds(
      'best bestWritten',
      'settings parts count',
      'lastTime waiting work isFailing release spare',
    ),
    // A resumed run makes copies of its own, as docs/checkpoints.md says.
    Recovery: kinds('', 'settings parts', 'skipped row kept wentTo due assignments'),
    Versioned: kinds('front', 'names place kernels', 'staged turns back turned'),
  }

  test('so a new one is not forgotten when a model is saved', async () => {
    const model = compile(everything(), { seed: 1 })
    await train(model)
    const engine = engineOf(model)
    const [parameter] = engine.parameters.values()
    const objects = [
      model,
      engine,
      parameter,
      engine.optimizers[0],
      engine.tuned.at(-1),
      [...engine.nodes.values()][1],
      parameter?.version,
    ]
    for (const object of objects) {
      const { name } = (object as object).constructor
      expect(Object.keys(object as object).sort(), name).toEqual(Object.keys(FIELDS[name] ?? {}).sort())
    }
  })

  test('so a new one is not forgotten when a run is saved', () => {
    const data = samples(20)
    const model = compile(everything(), { seed: 1 })
    const trainer = createTrainer(model, { data, validation: data }) as unknown as Record<string, object>
    const { loop, publisher, steering, machine, checkpoints, recovery } = trainer as Record<
      string,
      Record<string, object>
    >
    const { train, meters } = loop as { train: object; meters: { train: object } }
    const objects = [
      trainer,
      loop,
      meters.train,
      train,
      publisher,
      publisher?.history,
      steering,
      machine,
      checkpoints,
      recovery,
    ]
    for (const object of objects) {
      const { name } = (object as object).constructor
      expect(Object.keys(object as object).sort(), name).toEqual(Object.keys(FIELDS[name] ?? {}).sort())
    }
  })
})
