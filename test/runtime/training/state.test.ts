/** The state of a run: plain, frozen, bounded, and moved by patches that can be replayed and undone. */

import { graphFromJson, type RunState, type StatePatch } from 'gradstream'
import { applyPatches, enablePatches } from 'immer'
import { expect, test } from 'vitest'
import { Dice } from '../../support/dice.ts'
import { finish, samples, trial } from '../support.ts'

enablePatches()

/** A run with a pause in it, and more epochs than it remembers; all states and patches of it. */
async function recorded() {
  const { trainer, scheduler } = trial({ epochs: 8, history: 5, validation: samples(5, 2), metrics: ['r2'] })
  const states: RunState[] = []
  const patches: StatePatch[] = []
  trainer.state$.subscribe(state => states.push(state))
  trainer.patches$.subscribe(patch => patches.push(patch))
  trainer.events$.subscribe(event => {
    if (event.type === 'step') scheduler.frame += 30
    if (event.type === 'step' && event.step === 4) void trainer.pause()
  })
  const run = trainer.run()
  scheduler.flush()
  trainer.resume()
  scheduler.flush()
  await run
  return { states, patches }
}

test('state$ gives the present state on subscription, at any time', async () => {
  const { trainer, scheduler } = trial()
  const seen: RunState[] = []
  trainer.state$.subscribe(state => seen.push(state)).unsubscribe()
  expect(seen).toEqual([trainer.state])
  expect(seen[0]).toMatchObject({
    runId: 'trial',
    status: 'idle',
    epoch: 0,
    step: 0,
    epochs: 3,
    stepsPerEpoch: 3,
  })
  await finish(trainer, scheduler)
  trainer.state$.subscribe(state => seen.push(state)).unsubscribe()
  expect(seen).toHaveLength(2)
  expect(seen[1]).toMatchObject({ status: 'finished', epoch: 3, step: 9 })
})

test('the state tells of the network and its hyperparameters', () => {
  const { nodes, hyperparameters } = trial().trainer.state
  expect(nodes.dense1).toMatchObject({ type: 'dense', shape: [null, 4], parameters: 12, inputs: ['x'] })
  expect(nodes.dense1).toMatchObject({ weights: { kernel: [2, 4], bias: [4] }, config: { units: 4 } })
  expect(nodes.tanh1).toMatchObject({ type: 'tanh', shape: [null, 4], parameters: 0, inputs: ['dense1'] })
  expect(hyperparameters).toMatchObject({ batchSize: 4, sgd1: { learningRate: 0.1, momentum: 0.5 } })
})

test('the state tells which numbers hyperparameters take, from the checks of their config', () => {
  const { limits } = trial().trainer.state
  expect(limits.sgd1).toEqual({
    learningRate: { minimum: 0 },
    momentum: { minimum: 0, below: 1 },
    weightDecay: { minimum: 0 },
  })
})

test('the state has the graph, which can be compiled again', () => {
  const { trainer } = trial()
  expect(graphFromJson(JSON.stringify(trainer.state.graph))).toEqual(trainer.model.graph)
})

test('patches applied to the first state give each later one', async () => {
  const { states, patches } = await recorded()
  expect(patches.length).toBeGreaterThan(5)
  expect(states).toHaveLength(patches.length + 1)
  let replayed = states[0] as RunState
  patches.forEach((patch, i) => {
    replayed = applyPatches(replayed, patch.patches as StatePatch['patches'][number][])
    expect(replayed).toEqual(states[i + 1])
  })
})

test('inverse patches lead back to the first state', async () => {
  const { states, patches } = await recorded()
  let undone = states.at(-1) as RunState
  for (let i = patches.length - 1; i >= 0; i--) {
    undone = applyPatches(undone, (patches[i] as StatePatch).inversePatches as never)
    expect(undone).toEqual(states[i])
  }
})

test('versions count by one', async () => {
  const { patches } = await recorded()
  expect(patches.map(({ version }) => version)).toEqual(patches.map((_, i) => i + 1))
})

test('every state and patch is plain, and states are frozen all the way down', async () => {
  const { states, patches } = await recorded()
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozen))
  for (const state of states) {
    expect(frozen(state)).toBe(true)
    expect(structuredClone(state)).toEqual(state)
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  }
  for (const patch of patches) expect(JSON.parse(JSON.stringify(patch))).toEqual(patch)
})

test('states of the past do not change', async () => {
  const { trainer, scheduler } = trial()
  const seen: { state: RunState; copy: RunState }[] = []
  trainer.state$.subscribe(state => seen.push({ state, copy: structuredClone(state) }))
  await finish(trainer, scheduler)
  for (const { state, copy } of seen) expect(state).toEqual(copy)
})

test.each([20, 100])('while steps go on, the state changes at most every %i ms', async publishTime => {
  const { trainer, scheduler } = trial({ data: samples(400), epochs: 1, publishTime, sliceTime: 5 })
  const times: number[] = []
  trainer.patches$.subscribe(() => times.push(scheduler.frame))
  trainer.events$.subscribe(({ type }) => {
    if (type === 'step') scheduler.frame += 7
  })
  await finish(trainer, scheduler)
  const total = 100 * 7
  // The start and the end of the run are told at once, beside what goes on between.
  const between = times.filter(time => time > 0 && time < total)
  expect(between.length).toBeGreaterThanOrEqual(Math.floor(total / (publishTime + 14)) - 1)
  between.slice(1).forEach((time, i) => {
    expect(time - (between[i] as number)).toBeGreaterThanOrEqual(publishTime)
  })
})

test.each([
  [20, 3],
  [100, 1],
  [100, 30],
  [0, 5],
])(
  'state$ keeps a publishTime of %i ms where epochs take %i ms, whoever looks meanwhile',
  async (publishTime, time) => {
    const { trainer, scheduler } = trial({
      epochs: 400,
      publishTime,
      sliceTime: 1,
      validation: samples(5, 2),
    })
    const told: { at: number; state: RunState }[] = []
    trainer.state$.subscribe(state => told.push({ at: scheduler.frame, state }))
    trainer.patches$.subscribe()
    let epochs = 0
    trainer.events$.subscribe(({ type, epoch, step }) => {
      if (type === 'step') scheduler.frame += time / 3
      expect([trainer.state.epoch, trainer.state.step]).toEqual([epoch, step])
      if (type === 'epoch') expect(trainer.state.history.at(-1)?.epoch).toBe(++epochs)
    })
    await finish(trainer, scheduler)
    const total = 400 * time
    // The first state, the start and the end beside what goes on between.
    const between = told.slice(2, -1)
    expect(told.length).toBeLessThanOrEqual(publishTime > 0 ? total / publishTime + 4 : 1210)
    expect(told.length).toBeGreaterThan(total / Math.max(publishTime + time, time) / 2)
    between.slice(1).forEach(({ at }, i) => {
      expect(at - (between[i]?.at as number)).toBeGreaterThanOrEqual(publishTime)
    })
    expect(told.at(-1)?.state).toMatchObject({ status: 'finished', epoch: 400 })
  },
)

test('a subscriber that takes long makes the state come less often, not the run slower', async () => {
  const { trainer, scheduler } = trial({ epochs: 300, publishTime: 0, sliceTime: 1 })
  let [spent, states] = [0, 0]
  trainer.events$.subscribe(({ type }) => {
    if (type === 'step') scheduler.frame += 1
  })
  trainer.state$.subscribe(() => {
    states++
    scheduler.frame += 2
    spent += 2
  })
  await finish(trainer, scheduler)
  expect(states).toBeGreaterThan(5)
  expect(spent / scheduler.frame).toBeLessThan(0.06)
})

test('the history has one record an epoch while there is room, and then spans the run, the latest included', async () => {
  const epochsOf = async (epochs: number, history: number) => {
    const { trainer, scheduler } = trial({ epochs, history })
    const lengths: number[] = []
    trainer.state$.subscribe(state => lengths.push(state.history.length))
    const state = await finish(trainer, scheduler)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(history)
    expect(state.history.at(-1)?.metrics).toEqual(state.metrics)
    for (const { epoch, step } of state.history) expect(step).toBe(3 * epoch)
    return state.history.map(({ epoch }) => epoch)
  }
  expect(await epochsOf(7, 7)).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(await epochsOf(7, 3)).toEqual([1, 5, 7])
  expect(await epochsOf(8, 4)).toEqual([1, 5, 7, 8])
  expect(await epochsOf(100, 1)).toEqual([100])
  const long = await epochsOf(1000, 40)
  expect(long.length).toBeGreaterThanOrEqual(39)
  const gaps = long.slice(1, -1).map((epoch, i) => epoch - (long[i] as number))
  expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * Math.min(...gaps))
})

test('who looks now and then sees what one who watches all the time sees', async () => {
  const seenBy = async (watched: boolean) => {
    const { trainer, scheduler } = trial({ epochs: 1200, history: 40, validation: samples(5, 2) })
    if (watched) trainer.patches$.subscribe()
    const seen: RunState[] = []
    trainer.milestones$.subscribe(event => {
      scheduler.frame += 3
      if (event.type !== 'epoch') return
      if (event.epoch === 7 || event.epoch % 190 === 0) seen.push(trainer.state)
      if (event.epoch === 1100) trainer.state$.subscribe(state => seen.push(state)).unsubscribe()
    })
    await finish(trainer, scheduler)
    seen.push(trainer.state)
    // The throughput is that of the time since about the last publication.
    return seen.map(({ throughput, ...state }) => ({ ...state, works: throughput > 0 }))
  }
  const seen = await seenBy(false)
  expect(seen).toHaveLength(9)
  expect(seen).toEqual(await seenBy(true))
})

test('who begins to watch has the state that the patches lead on from', async () => {
  const { trainer, scheduler } = trial({ epochs: 300, history: 20 })
  const patches: StatePatch[] = []
  let before: RunState | undefined
  let version = 0
  trainer.milestones$.subscribe(event => {
    if (event.type !== 'epoch' || event.epoch !== 100) return
    trainer.patches$.subscribe(patch => patches.push(patch))
    before = trainer.state
    version = trainer.version
  })
  trainer.milestones$.subscribe(() => {
    scheduler.frame += 20
  })
  const state = await finish(trainer, scheduler)
  expect(patches[0]?.version).toBe(version + 1)
  expect(patches.length).toBeGreaterThan(50)
  const lead = (from: RunState, { patches }: StatePatch) => applyPatches(from, patches as never)
  expect(patches.reduce(lead, before as RunState)).toEqual(state)
})

test('what an epoch changes in a full history is as small as in a short one', async () => {
  const { trainer, scheduler } = trial({ epochs: 600, history: 50 })
  const sizes: number[] = []
  trainer.milestones$.subscribe(() => {
    scheduler.frame += 100
  })
  trainer.patches$.subscribe(({ patches }) => sizes.push(JSON.stringify(patches).length))
  await finish(trainer, scheduler)
  expect(Math.max(...sizes.slice(100))).toBeLessThan(1.5 * Math.max(...sizes.slice(2, 40)))
})

test('the throughput is samples by time', async () => {
  const { trainer, scheduler } = trial({ data: samples(400), epochs: 1 })
  trainer.events$.subscribe(({ type }) => {
    if (type === 'step') scheduler.frame += 8
  })
  const { throughput } = await finish(trainer, scheduler)
  expect(throughput).toBeCloseTo(500, 6)
})

test('the state tells what a run is made of', () => {
  const { state } = trial({ seed: 5, validation: samples(5, 2) }).trainer
  expect(state).toMatchObject({
    data: { source: 'arrays', samples: 10 },
    validation: { source: 'arrays', samples: 5 },
    seeds: { order: 5 },
    kernels: { precision: 'float32' },
    elapsed: 0,
    best: null,
  })
})

test('the time of a run leaves out its pauses', async () => {
  const { trainer, scheduler } = trial({ epochs: 2 })
  trainer.events$.subscribe(event => {
    if (event.type === 'step') scheduler.frame += 1000
    if (event.type === 'step' && event.step === 2) void trainer.pause()
  })
  const run = trainer.run()
  scheduler.flush()
  expect(trainer.state).toMatchObject({ status: 'paused', elapsed: 2 })
  scheduler.frame += 60_000
  expect(trainer.state.elapsed).toBe(2)
  trainer.resume()
  scheduler.flush()
  await run
  expect(trainer.state).toMatchObject({ status: 'finished', elapsed: 6 })
})

test('the best epoch stays in the state, also when the history no longer has it', async () => {
  const { trainer, scheduler } = trial({ epochs: 40, history: 3, validation: samples(5, 2) })
  const lowest: (typeof trainer.state.best)[] = [null]
  trainer.milestones$.subscribe(event => {
    if (event.type !== 'epoch') return
    const { epoch, step, metrics } = event
    const before = lowest.at(-1)?.metrics.validationLoss ?? Number.POSITIVE_INFINITY
    if ((metrics.validationLoss as number) < before) lowest.push({ epoch, step, metrics })
    expect(trainer.state.best).toEqual(lowest.at(-1))
  })
  await finish(trainer, scheduler)
  expect(lowest.length).toBeGreaterThan(2)
})

test.each([1, 2, 3])(
  'the throughput and what follows from it do not change by pauses and single steps (%i)',
  async seed => {
    const dice = new Dice(seed)
    const { trainer, scheduler } = trial({ epochs: 10_000, data: samples(8), batchSize: 4 })
    trainer.events$.subscribe(({ type }) => {
      // 8 ms for 4 samples.
      if (type === 'step') scheduler.frame += 8
    })
    const pass = (milliseconds: number) => {
      scheduler.maxFrames = scheduler.frame + milliseconds
      scheduler.flush()
      scheduler.frame = scheduler.maxFrames
    }
    void trainer.run()
    pass(1500)
    expect(Math.abs(trainer.state.throughput - 500)).toBeLessThan(5)
    for (let i = 0; i < 60; i++) {
      const turn = dice.below(4)
      if (turn === 0) void trainer.pause()
      else if (turn === 1) void trainer.resume()
      else if (turn === 2) void trainer.step(1 + dice.below(3))
      else void trainer.set('sgd1', { learningRate: 0.01 * dice.next() })
      const { elapsed, status } = trainer.state
      const wait = 10 ** (4 * dice.next())
      pass(wait)
      if (status === 'paused' && trainer.state.status === 'paused')
        expect(trainer.state.elapsed).toBe(elapsed)
      expect(Math.abs(trainer.state.throughput - 500)).toBeLessThan(25)
    }
    trainer.dispose()
  },
)
