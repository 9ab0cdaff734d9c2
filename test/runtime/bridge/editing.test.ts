/** Edits of the graph: a run is replaced by a new one, or goes on as if nobody had asked. */
import { readdirSync } from 'node:fs'
import {
  type BridgeOptions,
  compile,
  createTrainer,
  type EditGraph,
  fromIterable,
  type GraphChange,
  type GraphDef,
  readRun,
  type Trainer,
  type TrainerOptions,
} from 'gradstream'
import { afterEach, describe, expect, test } from 'vitest'
import type { BridgeClient, TrainerEvent } from '../../../client.ts'
import { serverOf } from '../../../runtime/bridge/server/open-bridge.ts'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { bytesOf, rejectionOf, samples } from '../support.ts'
import { type Bridged, bridged, STEP, settled, standing } from './support.ts'

/** Of a graph of dense1 (4 units), tanh1, dense2 (1 unit), meanSquaredError1 and sgd1. */
const WIDER: GraphChange = { set: 'dense1', config: { units: 7 } }
const DEEPER: GraphChange = { insert: 'dense', behind: 'tanh1', name: 'dense3', config: { units: 5 } }

interface Scene extends Bridged {
  /** All trainers so far, in their order. */
  readonly trainers: Trainer[]
  /** How often a trainer was asked for. */
  asked: number
  present(): Trainer
  client(name?: string): Promise<BridgeClient>
  /** Sends an edit, and lets time pass until it is answered. */
  edit(client: BridgeClient, changes: readonly GraphChange[]): Promise<unknown>
  /** The same for an edit that takes back others. */
  back(client: BridgeClient, count: number, changes?: readonly GraphChange[]): Promise<unknown>
  /** The same for one that makes others again. */
  forward(client: BridgeClient, count: number, changes?: readonly GraphChange[]): Promise<unknown>
  /** Lets time pass until it is answered. */
  soon<T>(promise: Promise<T>): Promise<T>
}

let scene: Scene
afterEach(() => scene.close())

type Make = (graph: GraphDef, usual: () => Trainer) => unknown

async function editable(
  make: Make = (_, usual) => usual(),
  options: Partial<TrainerOptions> = {},
  more: BridgeOptions = {},
): Promise<Scene> {
  const edit: EditGraph = graph => {
    scene.asked++
    return make(graph, () => {
      const trainer = createTrainer(compile(graph, { seed: 3 }), {
        data: samples(10),
        batchSize: 4,
        epochs: 10_000,
        scheduler: scene.clock,
      })
      trainer.events$.subscribe(({ type }) => {
        if (type === 'step') scene.clock.frame += STEP
      })
      scene.trainers.push(trainer)
      return trainer
    }) as Trainer
  }
  const run = await bridged(options, { edit, ...more })
  const soon = async <T>(promise: Promise<T>): Promise<T> => {
    let isOver = false
    promise
      .catch(() => undefined)
      .finally(() => {
        isOver = true
      })
    // A connection comes anew in its own time.
    do await run.clock.pass(100)
    while (!isOver)
    return promise
  }
  scene = {
    ...run,
    trainers: [run.trainer],
    asked: 0,
    present: () => run.bridge.trainer,
    async client(name = 'Ada') {
      const client = run.connect({ name })
      await run.clock.pass(20)
      return client
    },
    edit: (client, changes) => soon(client.send({ type: 'edit', changes })),
    back: (client, back, changes) => soon(client.send({ type: 'edit', back, ...(changes && { changes }) })),
    forward: (client, forward, changes) =>
      soon(client.send({ type: 'edit', forward, ...(changes && { changes }) })),
    soon,
    async close() {
      await run.close()
      for (const trainer of scene.trainers) trainer.dispose()
    },
  }
  return scene
}

const shapeOf = (trainer: Trainer, node: string) => trainer.state.nodes[node]?.shape

/** Each status of a run, and how to get there. */
const STATUSES: readonly (readonly [string, Partial<TrainerOptions>, (trainer: Trainer) => void])[] = [
  ['idle', {}, () => undefined],
  ['running', {}, trainer => void trainer.run()],
  ['paused', {}, trainer => void trainer.step(2)],
  ['stopped', {}, trainer => void [trainer.run(), trainer.stop()]],
  ['finished', { epochs: 2 }, trainer => void trainer.run()],
]

test.each(STATUSES)(
  'a run that is %s is replaced by a new one of the edited graph',
  async (status, options, go) => {
    const { trainer, present, trainers, edit, clock } = await editable(undefined, options)
    const client = await scene.client()
    const seen = standing(client)
    const first = client.state?.runId
    go(trainer)
    await clock.pass(50)
    expect(trainer.state.status).toBe(status)
    await edit(client, [WIDER, DEEPER])
    await clock.pass(500)

    expect(trainers).toEqual([trainer, present()])
    expect(present().state).toMatchObject({ status: 'running', revision: 0 })
    expect(['dense1', 'dense3', 'dense2'].map(node => shapeOf(present(), node))).toEqual([
      [null, 7],
      [null, 5],
      [null, 1],
    ])
    expect(client.state?.runId).not.toBe(first)
    expect(client.state?.nodes.dense3?.inputs).toEqual(['tanh1'])
    expect(client.state?.step).toBeGreaterThan(10)
    // The client is the same to everyone, and was hardly away.
    expect(seen.map(({ status }) => status)).toContain('waiting')
    expect(new Set(seen.map(({ author }) => author))).toEqual(new Set(['Ada (controller 1)']))
    expect(new Set(seen.map(({ run }) => run)).size).toBe(2)

    // The run before it is over, for good.
    expect(trainer.state.status).toBe(status === 'running' || status === 'paused' ? 'stopped' : status)
    expect(await rejectionOf(trainer.run())).toMatchObject({ code: 'ALREADY_DISPOSED' })
  },
)

test('whoever waits for the run is told that it ended, and why; both runs record who edited', async () => {
  const { trainer, edit, clock, bridge } = await editable()
  const [before, after]: TrainerEvent[][] = [[], []]
  trainer.milestones$.subscribe(event => before?.push(event))
  const client = await scene.client()
  client.events$.subscribe(event => after?.push(event))
  const ended = trainer.run()
  await clock.pass(50)
  await edit(client, [WIDER])
  expect(await ended).toMatchObject({ status: 'stopped', reason: 'Ada (controller 1) edited the graph' })
  const told = { type: 'command', author: 'Ada (controller 1)', command: { type: 'edit', changes: [WIDER] } }
  expect(before?.slice(-2)).toMatchObject([told, { type: 'stopped' }])
  await clock.pass(200)
  expect(after?.filter(({ step }) => step === 0).slice(-2)).toMatchObject([told, { type: 'started' }])
  expect(bridge.clients).toMatchObject([{ author: 'Ada (controller 1)' }])
})

test('hyper-parameters and the speed stay as people have set them', async () => {
  const { trainer, present, edit, clock } = await editable()
  const client = await scene.client()
  await trainer.set('sgd1', { learningRate: 0.025 })
  trainer.setStepsPerSecond(20)
  void trainer.run()
  await clock.pass(300)
  await edit(client, [WIDER])
  expect(present().state).toMatchObject({
    hyperparameters: { sgd1: { learningRate: 0.025, momentum: 0.5 } },
    stepsPerSecond: 20,
  })
})

test('an edit of the edited graph is one more run', async () => {
  const { edit, clock, present, trainers } = await editable()
  const client = await scene.client()
  await edit(client, [DEEPER])
  await clock.pass(100)
  await edit(client, [{ remove: 'tanh1' }, { set: 'dense3', config: { units: 2 } }])
  await clock.pass(100)
  expect(trainers.length).toBe(3)
  expect(Object.keys(client.state?.nodes ?? {})).toEqual([
    'x',
    'dense1',
    'dense3',
    'dense2',
    'target',
    'meanSquaredError1',
  ])
  expect(shapeOf(present(), 'dense3')).toEqual([null, 2])
})

describe('taken back', () => {
  test('an edit leads to the graph before it, and several at once to one long before; each run stays recorded', async () => {
    const runs = await scratchFolder('taken-back')
    const { trainer, present, trainers, edit, clock } = await editable(undefined, {}, { runs })
    const client = await scene.client()
    const seen = standing(client)
    const told: TrainerEvent[] = []
    client.events$.subscribe(event => told.push(event))
    await edit(client, [WIDER])
    await edit(client, [DEEPER])
    await clock.pass(200)
    expect(seen.at(-1)).toMatchObject({ status: 'open', edits: 2 })
    const before = present()
    await scene.back(client, 1)
    await clock.pass(200)
    expect(present().model.graph).toEqual(trainers[1]?.model.graph)
    expect(before.state).toMatchObject({ reason: 'Ada (controller 1) went back to an earlier graph' })
    expect(present().state.status).toBe('running')
    const command = { type: 'edit', back: 1 }
    expect(told).toContainEqual(
      expect.objectContaining({ type: 'command', author: 'Ada (controller 1)', command }),
    )
    await edit(client, [DEEPER])
    await scene.back(client, 2)
    await clock.pass(200)
    expect(present().model.graph).toEqual(trainer.model.graph)
    expect(seen.at(-1)).toMatchObject({ edits: 0 })
    await scene.bridge.close()
    expect(readdirSync(runs).sort()).toEqual(trainers.map(({ state }) => state.runId).sort())
  })

  test.each([
    ['at once', [2]],
    ['one by one', [1, 1]],
  ])('hyper-parameters stay as people have set them, but for what an edit has set: %s', async (_, ways) => {
    const { trainer, present, edit, clock } = await editable()
    const client = await scene.client()
    await trainer.set('sgd1', { momentum: 0.25 })
    await edit(client, [WIDER, { set: 'sgd1', config: { weightDecay: 0.125 } }])
    await clock.pass(50)
    await present().set('sgd1', { learningRate: 0.0625 })
    await edit(client, [DEEPER])
    await clock.pass(50)
    await present().set('sgd1', { nesterov: true })
    expect(present().model.node('sgd1').config).toMatchObject({ weightDecay: 0.125 })
    for (const back of ways) await scene.back(client, back)
    expect(shapeOf(present(), 'dense1')).toEqual([null, 4])
    expect(present().model.node('sgd1').config).toEqual({
      learningRate: 0.0625,
      momentum: 0.25,
      nesterov: true,
      weightDecay: 0,
    })
  })

  test('it can be changed on the way, and that is one edit to take back', async () => {
    const { trainer, present, edit } = await editable()
    const client = await scene.client()
    await edit(client, [WIDER])
    await edit(client, [DEEPER])
    const { parameters, nodes } = await scene.soon(
      client.draft([{ set: 'dense3', config: { units: 9 } }], undefined, 0),
    )
    expect(nodes.dense3?.shape).toEqual([null, 9])
    const earlier = await scene.soon(client.draft([], 'dense1', 2))
    expect(Object.keys(earlier.nodes)).not.toContain('dense3')
    expect(earlier.node?.isRemovable).toBe(true)
    expect(earlier.parameters).toBe(trainer.state.parameters)
    expect(earlier.parameters).toBeLessThan(parameters)
    await scene.back(client, 2, [{ remove: 'tanh1' }])
    expect(Object.keys(present().state.nodes)).not.toContain('tanh1')
    await scene.back(client, 1)
    expect(present().model.graph).toEqual(trainer.model.graph)
  })

  test.each([
    [{ back: 2 }, 'NOT_AVAILABLE'],
    [{ back: 1e15 }, 'NOT_AVAILABLE'],
    [{ back: 1e300 }, 'INVALID_COMMAND'],
    [{ back: -1 }, 'INVALID_COMMAND'],
    [{ back: 0.5 }, 'INVALID_COMMAND'],
    [{ back: '1' }, 'INVALID_COMMAND'],
    [{ back: null }, 'INVALID_COMMAND'],
    [{ back: 0 }, 'INVALID_COMMAND'],
    [{}, 'INVALID_COMMAND'],
    [{ back: 1, changes: 'all' }, 'INVALID_COMMAND'],
    [{ back: 1, changes: [{ remove: 'dense9' }] }, 'UNKNOWN_NAME'],
    [{ back: 1, run: 'another' }, 'REVISION_CONFLICT'],
    [{ forward: 1 }, 'NOT_AVAILABLE'],
    [{ forward: -1 }, 'INVALID_COMMAND'],
    [{ forward: '1' }, 'INVALID_COMMAND'],
    [{ forward: 0 }, 'INVALID_COMMAND'],
    [{ back: 1, forward: 1 }, 'INVALID_COMMAND'],
  ])('%o is refused, and changes nothing', async (wrong, code) => {
    const { present, edit } = await editable()
    const client = await scene.client()
    await edit(client, [WIDER])
    const trainer = present()
    const sent = scene.soon(client.send({ type: 'edit', ...wrong } as never))
    expect(await rejectionOf(sent)).toMatchObject({ code })
    expect(present()).toBe(trainer)
    expect(trainer.state.status).toBe('running')
    await scene.back(client, 1)
    expect(shapeOf(present(), 'dense1')).toEqual([null, 4])
  })

  test('a program that cannot make the earlier graph leaves the run as it is, with as many edits to take back', async () => {
    let isBroken = false
    const { present, edit, clock } = await editable((_, usual) => {
      if (isBroken) throw new Error('no data today')
      return usual()
    })
    const client = await scene.client()
    await edit(client, [WIDER])
    isBroken = true
    const trainer = present()
    expect(await rejectionOf(scene.back(client, 1))).toMatchObject({ code: 'NODE_FAILED' })
    await clock.pass(100)
    expect([present(), trainer.state.status]).toEqual([trainer, 'running'])
    isBroken = false
    await scene.back(client, 1)
    expect(shapeOf(present(), 'dense1')).toEqual([null, 4])
  })

  test('an edit can be made again, until another one is trained', async () => {
    const { trainer, present, trainers, edit, clock } = await editable()
    const client = await scene.client()
    const seen = standing(client)
    await edit(client, [WIDER])
    await edit(client, [DEEPER])
    await scene.back(client, 2)
    await clock.pass(200)
    expect(seen.at(-1)).toMatchObject({ edits: 0, takenBack: 2 })
    const drafted = await scene.soon(client.draft([], undefined, undefined, 2))
    expect(Object.keys(drafted.nodes)).toContain('dense3')
    const before = present()
    await scene.forward(client, 1)
    await clock.pass(200)
    expect(before.state).toMatchObject({
      reason: 'Ada (controller 1) made an edit again that was taken back',
    })
    expect(seen.at(-1)).toMatchObject({ edits: 1, takenBack: 1 })
    expect(present().model.graph).toEqual(trainers[1]?.model.graph)
    await scene.forward(client, 1)
    expect(present().model.graph).toEqual(trainers[2]?.model.graph)
    await scene.back(client, 1)
    await edit(client, [{ set: 'dense1', config: { units: 3 } }])
    await clock.pass(200)
    expect(seen.at(-1)).toMatchObject({ edits: 2, takenBack: 0 })
    expect(await rejectionOf(scene.forward(client, 1))).toMatchObject({ code: 'NOT_AVAILABLE' })
    await scene.back(client, 2)
    expect(present().model.graph).toEqual(trainer.model.graph)
    const both = client.draft([], undefined, 1, 1)
    expect(await rejectionOf(scene.soon(both))).toMatchObject({ code: 'INVALID_MESSAGE' })
  })

  test('an edit that is made again has the hyper-parameters that people have set since', async () => {
    const { present, edit, clock } = await editable()
    const client = await scene.client()
    const set = async (values: Record<string, number | boolean>) => {
      await clock.pass(50)
      await present().set('sgd1', values)
    }
    await edit(client, [WIDER])
    await set({ learningRate: 0.5, momentum: 0.5 })
    await edit(client, [DEEPER])
    await set({ momentum: 0.25 })
    await scene.back(client, 2)
    await set({ learningRate: 0.0625, weightDecay: 0.125 })
    await scene.forward(client, 2)
    expect(Object.keys(present().state.nodes)).toContain('dense3')
    const all = { learningRate: 0.0625, momentum: 0.25, weightDecay: 0.125 }
    expect(present().model.node('sgd1').config).toMatchObject(all)
    await scene.back(client, 1)
    expect(Object.keys(present().state.nodes)).not.toContain('dense3')
    expect(present().model.node('sgd1').config).toMatchObject(all)
  })

  test('of any edits and ways back and forward, each graph is that of a list with an end', async () => {
    const dice = new Dice(11)
    const { trainer, present, edit } = await editable()
    const client = await scene.client()
    trainer.setStepsPerSecond(1)
    const graphs = [trainer.model.graph]
    let place = 0
    for (let i = 0; i < countOf({ usual: 20, full: 300 }); i++) {
      const back = dice.next() < 0.4 ? dice.below(place + 1) : 0
      const forward = back === 0 && dice.next() < 0.5 ? dice.below(graphs.length - place) : 0
      const isChanged = (back === 0 && forward === 0) || dice.next() < 0.3
      const changes: GraphChange[] = isChanged
        ? [{ set: 'dense1', config: { units: 1 + dice.below(20) } }]
        : []
      place += forward - back
      if (back > 0) await scene.back(client, back, changes)
      else if (forward > 0) await scene.forward(client, forward, changes)
      else await edit(client, changes)
      if (isChanged) graphs.splice(++place, graphs.length, present().model.graph)
      expect(present().model.graph).toEqual(graphs[place])
    }
  })

  test('at most 16 can be taken back', async () => {
    const { trainer, present, edit } = await editable()
    trainer.setStepsPerSecond(1)
    const client = await scene.client()
    const seen = standing(client)
    for (let units = 1; units <= 20; units++) await edit(client, [{ set: 'dense1', config: { units } }])
    expect(seen.at(-1)).toMatchObject({ edits: 16 })
    expect(await rejectionOf(scene.back(client, 17))).toMatchObject({ code: 'NOT_AVAILABLE' })
    await scene.back(client, 16)
    expect(shapeOf(present(), 'dense1')).toEqual([null, 4])
  })
})

/** What is refused before a trainer is asked for. */
const REFUSED: readonly (readonly [string, unknown, string, string?])[] = [
  ['no list', 'dense', 'INVALID_COMMAND'],
  ['no changes', [], 'INVALID_COMMAND'],
  ['too many', new Array(300).fill(WIDER), 'INVALID_COMMAND'],
  ['nothing', [null], 'INVALID_COMMAND'],
  ['an unknown change', [{ swap: 'dense1' }], 'INVALID_COMMAND'],
  ['an unknown field', [{ ...WIDER, inputs: {} }], 'INVALID_COMMAND'],
  ['no config', [{ set: 'dense1' }], 'INVALID_COMMAND'],
  ['a config that is a list', [{ set: 'dense1', config: [1] }], 'INVALID_COMMAND'],
  ['a long name', [{ ...DEEPER, name: 'x'.repeat(200) }], 'INVALID_COMMAND'],
  ['an empty name', [{ ...DEEPER, name: '' }], 'INVALID_COMMAND'],
  ['units of 0', [{ set: 'dense1', config: { units: 0 } }], 'INVALID_CONFIG', 'dense1'],
  ['units in words', [{ set: 'dense1', config: { units: 'many' } }], 'INVALID_CONFIG', 'dense1'],
  ['an unknown option', [{ set: 'dense1', config: { unit: 4 } }], 'INVALID_CONFIG', 'dense1'],
  ['the prototype', [{ set: '__proto__', config: { units: 4 } }], 'UNKNOWN_NAME', 'edit'],
  ['an unknown node', [{ remove: 'dense9' }], 'UNKNOWN_NAME', 'edit'],
  ['an unknown type', [{ ...DEEPER, insert: 'evil' }], 'UNKNOWN_TYPE', 'edit'],
  ['a type of Object', [{ ...DEEPER, insert: 'constructor' }], 'UNKNOWN_TYPE', 'edit'],
  ['the name of a node', [{ ...DEEPER, name: 'dense2' }], 'DUPLICATE_NAME', 'edit'],
  ['the name of an output', [{ ...DEEPER, name: 'prediction' }], 'DUPLICATE_NAME', 'edit'],
  ['a loss between layers', [{ insert: 'meanSquaredError', behind: 'tanh1' }], 'NOT_AVAILABLE', 'edit'],
  ['an optimizer between layers', [{ insert: 'sgd', behind: 'tanh1' }], 'NOT_AVAILABLE', 'edit'],
  ['a sum between layers', [{ insert: 'add', behind: 'tanh1' }], 'NOT_AVAILABLE', 'edit'],
  ['a layer behind the loss', [{ ...DEEPER, behind: 'meanSquaredError1' }], 'NOT_AVAILABLE', 'edit'],
  ['a layer behind the optimizer', [{ ...DEEPER, behind: 'sgd1' }], 'NOT_AVAILABLE', 'edit'],
  ['no input', [{ remove: 'x' }], 'NOT_AVAILABLE', 'edit'],
  ['no loss', [{ remove: 'meanSquaredError1' }], 'NOT_AVAILABLE', 'edit'],
  ['no optimizer', [{ remove: 'sgd1' }], 'NOT_AVAILABLE', 'edit'],
  [
    'a wrong number of classes',
    [{ set: 'dense2', config: { units: 3 } }],
    'SHAPE_MISMATCH',
    'meanSquaredError1',
  ],
  ['more memory than there is', [{ set: 'dense1', config: { units: 2 ** 50 } }], 'OUT_OF_MEMORY'],
]

test('a change that cannot be made is refused with its place, and the run goes on to the same bytes', async () => {
  const { trainer, present, edit, bridge } = await editable()
  const client = await scene.client()
  void trainer.step(1)
  await scene.clock.pass(50)
  const { state } = trainer
  for (const [what, changes, code, place = ''] of REFUSED) {
    const error = await rejectionOf(edit(client, changes as GraphChange[]))
    expect({ what, code: error.code }).toEqual({ what, code })
    expect(error.place).toContain(place)
  }
  expect(present()).toBe(trainer)
  expect(bridge.trainer).toBe(trainer)
  expect(trainer.state).toBe(state)
  void trainer.step(40)
  await scene.clock.pass(1000)
  const twin = await bridged()
  void twin.trainer.step(41)
  await twin.clock.pass(1000)
  expect(bytesOf(trainer.model)).toEqual(bytesOf(twin.trainer.model))
  await twin.close()
})

/** What a program may do instead of making a trainer. */
const MISTAKES: readonly (readonly [string, Make, string])[] = [
  [
    'throws',
    () => {
      throw new Error('no data today')
    },
    'NODE_FAILED',
  ],
  ['rejects', () => Promise.reject(new Error('no data today')), 'NODE_FAILED'],
  [
    'throws nothing',
    () => {
      throw undefined
    },
    'NODE_FAILED',
  ],
  ['gives nothing', () => undefined, 'INVALID_OPTION'],
  ['gives the model', graph => compile(graph), 'INVALID_OPTION'],
  ['gives the trainer so far', () => scene.trainer, 'INVALID_OPTION'],
  [
    'gives a trainer of the model so far',
    () => createTrainer(scene.trainer.model, { data: samples(10) }),
    'INVALID_OPTION',
  ],
  [
    'gives one that is disposed',
    (_, usual) => {
      const made = usual()
      made.dispose()
      return made
    },
    'INVALID_OPTION',
  ],
  [
    'has other data',
    graph => createTrainer(compile(graph), { data: samples(10), batchSize: 0 }),
    'INVALID_OPTION',
  ],
]

test.each(MISTAKES)('a program that %s leaves the run as it is', async (_, make, code) => {
  const { trainer, present, edit, clock } = await editable(make)
  const client = await scene.client()
  void trainer.run()
  await clock.pass(100)
  const { step } = trainer.state
  expect(await rejectionOf(edit(client, [WIDER]))).toMatchObject({ code })
  await clock.pass(100)
  expect(present()).toBe(trainer)
  expect(trainer.state).toMatchObject({ status: 'running', error: null })
  expect(trainer.state.step).toBeGreaterThan(step + 5)
})

/** A promise that is kept on request. */
function held<T>() {
  let keep: (value: T) => void = () => undefined
  const promise = new Promise<T>(resolve => {
    keep = resolve
  })
  return { promise, keep }
}

describe('while a trainer is being made', () => {
  const gate = () => {
    const doors: (() => void)[] = []
    const make: Make = (_, usual) => {
      const { promise, keep } = held<Trainer>()
      doors.push(() => keep(usual()))
      return promise
    }
    return { doors, make }
  }

  test('the run goes on, and another edit has to wait', async () => {
    const { doors, make } = gate()
    const { trainer, present, clock, trainers, edit } = await editable(make)
    const [ada, bob] = [await scene.client(), await scene.client('Bob')]
    void trainer.run()
    const first = edit(ada, [WIDER])
    await clock.pass(200)
    expect(await rejectionOf(edit(bob, [DEEPER]))).toMatchObject({
      code: 'NOT_AVAILABLE',
      got: 'another one, by Ada (controller 1)',
    })
    expect(trainer.state.status).toBe('running')
    expect(trainers.length).toBe(1)
    doors[0]?.()
    await settled()
    await first
    await clock.pass(100)
    expect(present()).not.toBe(trainer)
    expect([ada.state?.runId, bob.state?.runId]).toEqual([present().state.runId, present().state.runId])
  })

  test('the bridge may be closed: what comes then is disposed of, and the run goes on without it', async () => {
    const { doors, make } = gate()
    const { trainer, clock, trainers, bridge } = await editable(make)
    const client = await scene.client()
    const refused = client.send({ type: 'edit', changes: [WIDER] }).catch(error => error)
    await clock.pass(50)
    client.close()
    await bridge.close()
    doors[0]?.()
    await settled()
    expect(await refused).toMatchObject({ code: 'DISCONNECTED' })
    expect(await rejectionOf((trainers[1] as Trainer).run())).toMatchObject({ code: 'ALREADY_DISPOSED' })
    void trainer.step(3)
    await clock.pass(100)
    expect(trainer.state.step).toBe(3)
  })

  test('the run may end', async () => {
    const { doors, make } = gate()
    const { trainer, present, clock } = await editable(make)
    const client = await scene.client()
    void trainer.run()
    const done = client.send({ type: 'edit', changes: [WIDER] })
    await clock.pass(50)
    trainer.dispose()
    doors[0]?.()
    await clock.pass(100)
    await done
    expect(present().state).toMatchObject({ status: 'running' })
  })
})

test('an edit is answered with its state before the connection is closed, with a code of its own', async () => {
  const { bridge, clock } = await editable()
  const heard: string[] = []
  const session = serverOf(bridge).accept({
    send: data => heard.push(/"type":"(\w+)"/.exec(String(data))?.[1] ?? ''),
    close: code => heard.push(`closed with ${code}`),
    pending: 0,
  })
  session.receive(JSON.stringify({ type: 'hello', protocol: 1, token: bridge.tokens.controller }))
  session.receive(JSON.stringify({ type: 'command', id: 'a', command: { type: 'edit', changes: [WIDER] } }))
  await clock.pass(50)
  await settled()
  expect(heard.filter(type => type !== 'heartbeat')).toEqual([
    'welcome',
    'snapshot',
    'event',
    'reply',
    'closed with 4205',
  ])
})

test('of two who edit the graph of the same run, the second is told so', async () => {
  const { edit, clock, present } = await editable()
  const [ada, bob] = [await scene.client(), await scene.client('Bob')]
  let known = ''
  bob.connection$.subscribe(({ run }) => {
    known ||= run ?? ''
  })
  await edit(ada, [WIDER])
  await clock.pass(200)
  const { runId } = present().state
  const late = bob.send({ type: 'edit', changes: [DEEPER], run: known })
  late.catch(() => undefined)
  await clock.pass(100)
  expect(await rejectionOf(late)).toMatchObject({ code: 'REVISION_CONFLICT' })
  expect(present().state.runId).toBe(runId)
})

test('a step that waits for its data is given up for the new run', async () => {
  const { promise } = held<void>()
  async function* slow() {
    yield { x: [0.1, 0.2], target: [0.3] }
    await promise
  }
  const { trainer, present, edit, clock } = await editable(undefined, {
    data: fromIterable(() => slow()),
    batchSize: 1,
  })
  const client = await scene.client()
  void trainer.run()
  await clock.pass(50)
  expect(trainer.state).toMatchObject({ status: 'running', step: 1 })
  await edit(client, [WIDER])
  await clock.pass(100)
  expect(trainer.state).toMatchObject({ status: 'stopped', step: 1 })
  expect(present().state.step).toBeGreaterThan(2)
})

test('whatever is sent in whatever order, one run goes at a time, and each edit that is confirmed is one run more', async () => {
  const dice = new Dice(5)
  const waits: Make = (_, usual) => (dice.next() < 0.5 ? usual() : settled().then(usual))
  const { trainers, present, clock } = await editable(waits)
  const clients = [await scene.client('Ada'), await scene.client('Bob'), await scene.client('Cy')]
  const answers: Promise<boolean>[] = []
  for (let i = 0; i < countOf({ usual: 40, full: 400 }); i++) {
    const client = clients[dice.below(3)] as BridgeClient
    const edits: GraphChange[] = [{ set: 'dense1', config: { units: 1 + dice.below(6) } }]
    const command = [
      { type: 'edit', changes: edits },
      { type: 'start' },
      { type: 'pause' },
      { type: 'stop' },
      { type: 'step', count: 3 },
    ][dice.below(5)] as { type: 'edit'; changes: GraphChange[] }
    const isEdit = command.type === 'edit'
    answers.push(
      client.send(command).then(
        () => isEdit,
        () => false,
      ),
    )
    if (dice.next() < 0.5) await clock.pass(dice.below(60))
    const going = trainers.filter(({ state }) => state.status === 'running')
    expect(going.every(trainer => trainer === present())).toBe(true)
  }
  await clock.pass(1000)
  const done = (await Promise.all(answers)).filter(Boolean).length
  // A confirmation may be lost where another edit comes right behind it; a run is never.
  expect(trainers.length - 1).toBeGreaterThanOrEqual(done)
  expect(done).toBeGreaterThan(2)
  for (const trainer of trainers)
    if (trainer !== present())
      expect(await rejectionOf(trainer.run())).toMatchObject({ code: 'ALREADY_DISPOSED' })
  present().stop()
  await clock.pass(200)
  for (const client of clients) expect(client.state).toEqual(present().state)
})

test('nothing of the runs before stays behind', async () => {
  const { edit, clock, trainers } = await editable()
  const client = await scene.client()
  const watch = client.watch({ node: 'dense1', of: 'value', parameter: 'kernel', what: 'stats' }).subscribe()
  const counts: number[] = []
  for (let i = 0; i < 6; i++) {
    await edit(client, [{ set: 'dense1', config: { units: 3 + i } }])
    await clock.pass(2000)
    counts.push(clock.actions.length)
    const before = trainers.at(-2) as Trainer
    let isOver = false
    before.events$.subscribe({
      complete: () => {
        isOver = true
      },
    })
    expect(isOver).toBe(true)
  }
  expect(new Set(counts.slice(1)).size).toBe(1)
  watch.unsubscribe()
})

test('each run is recorded in a folder of its own', async () => {
  const runs = await scratchFolder('edited')
  const { trainer, present, edit, clock } = await editable(undefined, { runId: 'before' }, { runs })
  const client = await scene.client()
  void trainer.run()
  await clock.pass(100)
  await edit(client, [DEEPER])
  await clock.pass(1000)
  await scene.bridge.close()
  const after = present().state.runId
  expect(readdirSync(runs).sort()).toEqual(['before', after].sort())
  const [first, second] = await Promise.all([readRun(`${runs}/before`), readRun(`${runs}/${after}`)])
  expect(first).toMatchObject({
    status: 'stopped',
    reason: 'Ada (controller 1) edited the graph',
  })
  expect(second.graph?.nodes.map(({ id }) => id)).toContain('dense3')
})

describe('who may edit', () => {
  test('viewers may not, and are not told how', async () => {
    const { bridge, clock, asked } = await editable()
    const viewer = scene.connect({ token: bridge.tokens.viewer })
    await clock.pass(50)
    for (const request of [() => viewer.send({ type: 'edit', changes: [WIDER] }), () => viewer.draft([])]) {
      const answer = request()
      answer.catch(() => undefined)
      await clock.pass(50)
      expect(await rejectionOf(answer)).toMatchObject({ code: 'FORBIDDEN' })
    }
    expect(asked).toBe(0)
  })

  test('without the option nobody may', async () => {
    const { clock } = await editable(undefined, {}, { edit: undefined } as never)
    const client = await scene.client()
    expect(standing(client).at(-1)).toMatchObject({ editable: false })
    for (const request of [() => client.send({ type: 'edit', changes: [WIDER] }), () => client.draft([])]) {
      const answer = request()
      answer.catch(() => undefined)
      await clock.pass(50)
      expect(await rejectionOf(answer)).toMatchObject({ code: 'NOT_AVAILABLE' })
    }
  })
})
