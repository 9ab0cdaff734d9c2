/** The first steps of a run are done in pieces. Nobody can tell: whoever comes between two of them finds whole steps. */
import {
  adam,
  type CompileOptions,
  compile,
  createTrainer,
  defineNode,
  dense,
  fromArrays,
  type GraphDef,
  graph,
  input,
  type Model,
  meanSquaredError,
  type Tensor,
  type Trainer,
  tanh,
} from 'gradstream'
import { type SchedulerAction, type SchedulerLike, Subject, Subscription } from 'rxjs'
import { expect, test } from 'vitest'
import { engineOf } from '../../../runtime/engine/model.ts'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { randomGraph, WIDTH } from '../../support/random-graph.ts'

const GRAPHS = countOf({ usual: 6, full: 60 })
/** How many batches an epoch has: the last one is short. */
const BATCHES = 6

/** Does what is scheduled when it is told to; its clock stands still. */
class ByHand implements SchedulerLike {
  private readonly waiting: (() => void)[] = []

  now(): number {
    return 0
  }

  schedule<State>(work: (this: SchedulerAction<State>, state?: State) => void, _?: number, state?: State) {
    const subscription = new Subscription()
    this.waiting.push(() => {
      if (!subscription.closed) work.call(subscription as SchedulerAction<State>, state)
    })
    return subscription
  }

  /** Does the next piece. False where there is none. */
  next(): boolean {
    const work = this.waiting.shift()
    work?.()
    return work !== undefined
  }
}

const rows = (dice: Dice, count: number) =>
  Array.from({ length: count }, () => Array.from({ length: WIDTH }, () => 2 * dice.next() - 1))

function live(net: GraphDef, seed: number, options: CompileOptions = {}) {
  const model = compile(net, { seed, kernels: 'wasm', ...options })
  const dice = new Dice(seed)
  const [x, target] = [rows(dice, 4 * BATCHES - 3), rows(dice, 4 * BATCHES - 3)]
  const scheduler = new ByHand()
  const validation = fromArrays({ x: rows(dice, 7), target: rows(dice, 7) })
  const data = fromArrays({ x, target })
  const trainer = createTrainer(model, { data, validation, batchSize: 4, epochs: 2, sliceTime: 0, scheduler })
  return { model, trainer, scheduler }
}

const learnedBy = (model: Model) =>
  JSON.stringify(Object.entries(model.state()).map(([name, { data }]) => [name, ...data]))

/** Trains to the end, and does something else between any two pieces. */
async function trained(net: GraphDef, seed: number, between?: (model: Model, trainer: Trainer) => void) {
  const { model, trainer, scheduler } = live(net, seed)
  const run = trainer.run()
  let pieces = 0
  while (scheduler.next()) {
    between?.(model, trainer)
    pieces++
  }
  const { metrics } = await run
  return { learned: learnedBy(model), metrics, pieces }
}

async function stepOf({ trainer, scheduler }: Pick<ReturnType<typeof live>, 'trainer' | 'scheduler'>) {
  const done = trainer.step()
  while (scheduler.next());
  await done
}

/** A model after so many whole steps. */
async function stepped(net: GraphDef, seed: number, count: number) {
  const one = live(net, seed)
  for (let step = 1; step <= count; step++) await stepOf(one)
  return one.model
}

test(`${GRAPHS} random graphs learn the same, whatever comes between the pieces of a step`, async () => {
  let most = 0
  for (let seed = 1; seed <= GRAPHS; seed++) {
    const net = randomGraph(seed, 12)
    const alone = await trained(net, seed)
    const dice = new Dice(seed)
    const taps: Subscription[] = []
    let said: Tensor | undefined
    const disturbed = await trained(net, seed, (model, trainer) => {
      const what = dice.below(7)
      if (what === 0) said = model.predict({ x: rows(dice, 1 + dice.below(3)) }).prediction
      else if (what === 6) void said?.toNested()
      else if (what === 1) model.state()
      else if (what === 2) void trainer.state
      else if (what === 3) taps.push(model.node(dice.pick(model.nodes)).forward$.subscribe())
      else if (what === 4) taps.pop()?.unsubscribe()
    })
    for (const tap of taps) tap.unsubscribe()
    expect(disturbed.learned).toBe(alone.learned)
    expect(disturbed.metrics).toEqual(alone.metrics)
    most = Math.max(most, alone.pieces)
  }
  // Each node, and each operation that becomes code, is a piece.
  expect(most).toBeGreaterThan(200)
})

test('what is seen between two pieces is what a whole number of steps has made', async () => {
  const net = randomGraph(101, 14)
  const steps = live(net, 7)
  const whole = [learnedBy(steps.model)]
  for (let step = 0; step < 2 * BATCHES; step++) {
    await stepOf(steps)
    whole.push(learnedBy(steps.model))
  }
  const { model, trainer, scheduler } = live(net, 7)
  const run = trainer.run()
  const dice = new Dice(3)
  const seen = new Set<number>()
  while (scheduler.next()) {
    if (dice.below(20) !== 0) continue
    const step = model.state().step?.data[0] as number
    expect(learnedBy(model)).toBe(whole[step])
    seen.add(step)
  }
  await run
  expect(learnedBy(model)).toBe(whole.at(-1))
  expect(seen.size).toBeGreaterThan(3)
})

test('steps are replayed, though others read numbers between their pieces', async () => {
  const { model, trainer, scheduler } = live(randomGraph(106, 10), 4)
  const said = model.predict({ x: [[1, 2, 3]] }).prediction
  let last: Tensor | undefined
  model.node('dense1').forward$.subscribe(({ tensor }) => {
    last = tensor
  })
  const steps = trainer.step(BATCHES - 1)
  while (scheduler.next()) void [said?.data[0], last?.data[0]]
  await steps
  expect(model.explain()).toContain('Steps are replayed')
})

test('what is asked of a trainer waits for the end of the step', async () => {
  for (let piece = 1; piece < 100; piece += 7) {
    const { trainer, scheduler } = live(randomGraph(102, 10), piece)
    void trainer.run()
    for (let i = 0; i < piece; i++) scheduler.next()
    const { step } = trainer.state
    let isPaused = false
    const paused = trainer.pause().then(() => {
      isPaused = true
    })
    await Promise.resolve()
    while (!isPaused && scheduler.next()) await Promise.resolve()
    await paused
    expect(trainer.state.status).toBe('paused')
    // Those that had begun are over, and none has begun since.
    expect(trainer.state.step - step).toBeLessThanOrEqual(1)
    expect(learnedBy(trainer.model)).toBe(
      learnedBy(await stepped(randomGraph(102, 10), piece, trainer.state.step)),
    )
    trainer.dispose()
  }
})

test('a number that a stream gives in the middle of a step counts from the next one on', async () => {
  const net = randomGraph(103, 10)
  const whole = new Subject<number>()
  const between = new Subject<number>()
  const after = live(net, 5)
  await after.trainer.set('sgd1', { learningRate: whole })
  for (let step = 1; step <= 3; step++) {
    await stepOf(after)
    if (step === 1) whole.next(0.3)
  }
  for (const piece of [3, 20, 60]) {
    const one = live(net, 5)
    await one.trainer.set('sgd1', { learningRate: between })
    const steps = one.trainer.step(3)
    while (engineOf(one.model).step === 0) one.scheduler.next()
    for (let i = 0; i < piece; i++) one.scheduler.next()
    expect(one.trainer.state.step).toBe(0)
    between.next(0.3)
    while (one.scheduler.next());
    await steps
    expect(learnedBy(one.model)).toBe(learnedBy(after.model))
  }
})

test('a step that fails while somebody else has it done fails for the run, and leaves nothing behind', async () => {
  const brittle = defineNode({
    type: 'brittle',
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    forward: ({ x }, _, { kernels: k }) => ({ y: k.scale(x, 1) }),
    backward: () => {
      throw new Error('too much')
    },
  })
  const x = input({ name: 'x', shape: [WIDTH] })
  const target = input({ name: 'target', shape: [WIDTH] })
  const prediction = x.pipe(dense({ units: 4 }), tanh(), brittle(), dense({ units: WIDTH }))
  const loss = meanSquaredError()(prediction, target)
  const net = graph({ prediction, loss, update: loss.pipe(adam()) })
  for (const piece of [1, 2, 3, 4]) {
    const { model, trainer, scheduler } = live(net, 11, { nodes: [brittle] })
    const before = learnedBy(model)
    const said = model.predict({ x: [[1, 2, 3]] }).prediction?.toNested()
    const run = trainer.run()
    const failed = expect(run).rejects.toMatchObject({
      code: 'NODE_FAILED',
      place: 'brittle1 backward, step 1',
    })
    let done = 0
    while (trainer.state.status !== 'failed' && scheduler.next())
      if (++done % piece === 0) expect(model.predict({ x: [[1, 2, 3]] }).prediction?.toNested()).toEqual(said)
    await failed
    expect(learnedBy(model)).toBe(before)
  }
})

test('two trainers of one model take turns by whole steps', async () => {
  const net = randomGraph(104, 10)
  const one = live(net, 9)
  const scheduler = new ByHand()
  const dice = new Dice(77)
  const data = fromArrays({ x: rows(dice, 12), target: rows(dice, 12) })
  const other = createTrainer(one.model, { data, batchSize: 4, epochs: 1, sliceTime: 0, scheduler })
  const runs = [one.trainer.run(), other.run()]
  for (let isOn = true; isOn; ) {
    const first = one.scheduler.next()
    isOn = scheduler.next() || first
  }
  const [a, b] = await Promise.all(runs)
  expect([a?.status, b?.status]).toEqual(['finished', 'finished'])
  expect(one.model.state().step?.data[0]).toBe(2 * BATCHES + 3)
})

test('a model that is disposed in the middle of a step gives its memory back, and the run says why it ends', async () => {
  const { model, trainer, scheduler } = live(randomGraph(105, 10), 3)
  const run = trainer.run()
  for (let i = 0; i < 20; i++) scheduler.next()
  model.dispose()
  const failed = expect(run).rejects.toMatchObject({ code: 'ALREADY_DISPOSED' })
  while (scheduler.next());
  await failed
})
