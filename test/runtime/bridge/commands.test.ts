/** Commands: done between two steps, recorded, and refused with a reason. */
import { schedule } from 'gradstream'
import { Subject } from 'rxjs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Command, TrainerEvent } from '../../../client.ts'
import { bytesOf, rejectionOf } from '../support.ts'
import { type Bridged, bridged } from './support.ts'

let run: Bridged

beforeEach(async () => {
  run = await bridged()
})
afterEach(() => run.close())

const rate = () => run.trainer.model.node('sgd1').config.learningRate
const set = (learningRate: number, more: object = {}): Command => ({
  type: 'set',
  node: 'sgd1',
  values: { learningRate },
  ...more,
})

/** Lets time pass until something promised has come. */
async function soon<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  await run.clock.pass(100)
  return promise
}

test('start, pause, resume, step and stop do what they say', async () => {
  const client = run.connect()
  await run.clock.pass(20)
  expect(await soon(client.send({ type: 'start' }))).toMatchObject({ revision: 0 })
  expect(run.trainer.state.status).toBe('running')
  await soon(client.send({ type: 'pause' }))
  expect([run.trainer.state.status, client.state?.status]).toEqual(['paused', 'paused'])
  const { step } = run.trainer.state
  await soon(client.send({ type: 'step', count: 3 }))
  expect(run.trainer.state).toMatchObject({ status: 'paused', step: step + 3 })
  await soon(client.send({ type: 'resume' }))
  expect(run.trainer.state.step).toBeGreaterThan(step + 3)
  await soon(client.send({ type: 'stop' }))
  expect(run.trainer.state.status).toBe('stopped')
})

test('what makes no sense now is refused, and so is what is not there yet', async () => {
  const client = run.connect()
  await run.clock.pass(20)
  for (const type of ['pause', 'resume', 'stop', 'checkpoint'] as const) {
    expect(await rejectionOf(soon(client.send({ type })))).toMatchObject({ code: 'NOT_AVAILABLE' })
  }
  const invalid = [
    { type: 'jump' },
    { type: 'step', count: 0 },
    { type: 'pause', now: true },
    { type: 'set' },
    {},
  ]
  for (const command of invalid) {
    expect(await rejectionOf(soon(client.send(command as never)))).toMatchObject({ code: 'INVALID_COMMAND' })
  }
  expect(run.trainer.state).toMatchObject({ status: 'idle', step: 0, revision: 0 })
})

test('a learning rate set after step k is that of step k + 1, and gives the bytes that a schedule gives', async () => {
  const rates = [0.1, 0.03, 0.2, 0.007]
  const byClient = run.connect()
  const trace: number[] = []
  run.trainer.model.node('dense1').parameters.kernel.gradient$.subscribe(() => trace.push(rate() as number))
  await run.clock.pass(20)
  for (const value of rates) {
    await soon(byClient.send(set(value)))
    await soon(run.trainer.step(5))
  }
  expect(trace).toEqual(rates.flatMap(value => new Array(5).fill(value)))

  const local = await bridged()
  for (const value of rates) {
    await local.trainer.set('sgd1', { learningRate: value })
    void local.trainer.step(5)
    await local.clock.pass(100)
  }
  expect(bytesOf(run.trainer.model)).toEqual(bytesOf(local.trainer.model))
  await local.close()
})

/** What a run does with its learning rate: the rate of each step, and the step of each change as states and events tell it. */
function traced({ trainer }: Bridged) {
  const rates: number[] = []
  const told: unknown[] = []
  const own = () => trainer.model.node('sgd1').config.learningRate as number
  trainer.model.node('dense1').parameters.kernel.gradient$.subscribe(() => rates.push(own()))
  trainer.patches$.subscribe(({ patches }) => {
    const { step, hyperparameters } = trainer.state
    const isChange = patches.some(({ path }) => path[0] === 'hyperparameters')
    if (isChange) told.push([step, (hyperparameters.sgd1 as { learningRate: number }).learningRate])
  })
  return { rates, told }
}

test('a client sees what a number follows and its present value, is told of the end, and may set another', async () => {
  const client = run.connect()
  const events: TrainerEvent[] = []
  client.events$.subscribe(event => event.type === 'released' && events.push(event))
  const [rate$, momentum$] = [new Subject<number>(), new Subject<number>()]
  await soon(run.trainer.set('sgd1', { learningRate: rate$, momentum: momentum$ }))
  void run.trainer.step(50)
  rate$.next(0.03)
  await run.clock.pass(1000)
  expect(client.state).toMatchObject({
    hyperparameters: { sgd1: { learningRate: 0.03 } },
    follows: { sgd1: { learningRate: 'stream', momentum: 'stream' } },
  })
  rate$.next(0.02)
  momentum$.complete()
  await run.clock.pass(1000)
  expect(events).toMatchObject([{ node: 'sgd1', name: 'momentum' }])
  // The number has changed since, but nobody has set it.
  await soon(client.send(set(0.07, { revision: 1 })))
  expect(rate$.observed).toBe(false)
  const learningRate = schedule.cosine({ initial: 0.5, steps: 100 })
  await soon(client.send({ type: 'set', node: 'sgd1', values: { learningRate } }))
  await soon(run.trainer.step(10))
  await run.clock.pass(1000)
  expect(client.state?.follows).toEqual({ sgd1: { learningRate } })
  expect(client.state).toEqual(run.trainer.state)
})

const LAST = 400

test('set while the run runs: the old value up to step k, the new one after, and the same bytes as a schedule', async () => {
  const client = run.connect()
  const { rates, told } = traced(run)
  const events: TrainerEvent[] = []
  client.events$.subscribe(event => event.type === 'command' && events.push(event))
  await run.clock.pass(20)
  void run.trainer.step(LAST)
  const schedule: { step: number; value: number }[] = []
  for (const value of [0.03, 0.2, 0.007, 0.11]) {
    await run.clock.pass(70 + 1000 * value)
    expect(run.trainer.state.status).toBe('running')
    const { step } = await soon(client.send(set(value)))
    schedule.push({ step, value })
  }
  await run.clock.pass(5 * LAST)
  expect(run.trainer.state).toMatchObject({ status: 'paused', step: LAST })
  const steps = schedule.map(({ step }) => step)
  expect(new Set(steps).size).toBe(4)
  expect(Math.min(...steps)).toBeGreaterThan(0)
  expect(Math.max(...steps)).toBeLessThan(LAST)

  const rateOf = (step: number) => schedule.findLast(change => change.step < step)?.value ?? 0.1
  expect(rates).toEqual(Array.from({ length: LAST }, (_, i) => rateOf(i + 1)))
  expect(told).toEqual(schedule.map(({ step, value }) => [step, value]))
  expect(events.map(({ step }) => step)).toEqual(steps)
  expect(client.state).toEqual(run.trainer.state)

  // The same values at the same steps, by a subscriber in the same process, without a bridge in between.
  const local = await bridged()
  local.trainer.events$.subscribe(event => {
    const change = event.type === 'step' && schedule.find(({ step }) => step === event.step)
    if (change) void local.trainer.set('sgd1', { learningRate: change.value })
  })
  const byItself = traced(local)
  void local.trainer.step(LAST)
  await local.clock.pass(8 * LAST)
  expect(byItself.rates).toEqual(rates)
  expect(bytesOf(local.trainer.model)).toEqual(bytesOf(run.trainer.model))
  await local.close()

  // One step later, and they are other bytes.
  const late = await bridged()
  late.trainer.events$.subscribe(event => {
    const change = event.type === 'step' && schedule.find(({ step }) => step + 1 === event.step)
    if (change) void late.trainer.set('sgd1', { learningRate: change.value })
  })
  void late.trainer.step(LAST)
  await late.clock.pass(8 * LAST)
  expect(bytesOf(late.trainer.model)).not.toEqual(bytesOf(run.trainer.model))
  await late.close()
})

test('one that comes inside a step is done at its end', async () => {
  const seen: unknown[] = []
  run.trainer.model.node('dense1').forward$.subscribe(({ step }) => {
    if (step === 2) void run.trainer.set('sgd1', { learningRate: 0.5 })
    seen.push(rate())
  })
  run.trainer.model.node('dense1').backward$.subscribe(() => seen.push(rate()))
  void run.trainer.step(3)
  await run.clock.pass(100)
  expect(seen).toEqual([0.1, 0.1, 0.1, 0.1, 0.5, 0.5])
})

test('a stale revision is refused, but only where the value itself has changed', async () => {
  const client = run.connect()
  await run.clock.pass(20)
  expect(await soon(client.send(set(0.02, { revision: 0 })))).toEqual({ step: 0, revision: 1 })
  expect(await rejectionOf(soon(client.send(set(0.03, { revision: 0 }))))).toMatchObject({
    code: 'REVISION_CONFLICT',
  })
  expect(rate()).toBe(0.02)
  const other: Command = { type: 'set', node: 'sgd1', values: { weightDecay: 0.1 }, revision: 0 }
  expect(await soon(client.send(other))).toEqual({ step: 0, revision: 2 })
  expect(await soon(client.send(set(0.04, { revision: 1 })))).toEqual({ step: 0, revision: 3 })
})

describe('a value that its node refuses', () => {
  test.each([
    [{ learningRate: -1 }, 'INVALID_CONFIG'],
    [{ learningRate: 'fast' }, 'INVALID_CONFIG'],
    [{ learningRate: 0.1, momentum: 2 }, 'INVALID_CONFIG'],
    [{ lr: 0.1 }, 'INVALID_CONFIG'],
    [JSON.parse('{ "__proto__": { "learningRate": 1 } }'), 'INVALID_CONFIG'],
  ])('%j is refused, and nothing changes', async (values, code) => {
    const client = run.connect()
    await run.clock.pass(20)
    const before = run.trainer.state.hyperparameters
    const error = await rejectionOf(soon(client.send({ type: 'set', node: 'sgd1', values })))
    expect(error.code).toBe(code)
    expect(run.trainer.state.hyperparameters).toEqual(before)
    expect(run.trainer.state.revision).toBe(0)
  })

  test('is one that needs other memory, such as a first momentum', async () => {
    const error = await rejectionOf(run.trainer.set('sgd1', { momentum: 0 }))
    expect(error).toMatchObject({
      code: 'INVALID_CONFIG',
      expected: expect.stringContaining('slots of each parameter'),
    })
  })

  test('is one of a node that is no optimizer', async () => {
    const error = await rejectionOf(run.trainer.set('dense1', { units: 3 }))
    expect(error).toMatchObject({ code: 'UNKNOWN_NAME', expected: 'an optimizer or a link: "sgd1"' })
  })
})

test('every command is told, with its author, step and time, whether done or refused', async () => {
  const events: TrainerEvent[] = []
  run.trainer.events$.subscribe(event => event.type === 'command' && events.push(event))
  const [mine, theirs] = [run.connect({ name: 'mine' }), run.connect({ name: 'theirs' })]
  await run.clock.pass(20)
  await soon(mine.send({ type: 'step', count: 4 }))
  await soon(theirs.send(set(0.01)))
  await soon(theirs.send({ type: 'resume' }))
  await soon(mine.send({ type: 'pause' }))
  await rejectionOf(soon(theirs.send(set(-1))))
  const { step } = run.trainer.state
  expect(events).toMatchObject([
    { author: 'mine (controller 1)', command: { type: 'step' }, step: 0 },
    { author: 'theirs (controller 2)', command: set(0.01), step: 4 },
    { author: 'theirs (controller 2)', command: { type: 'resume' }, step: 4 },
    { author: 'mine (controller 1)', command: { type: 'pause' }, step },
    { author: 'theirs (controller 2)', command: set(-1), step, error: { code: 'INVALID_CONFIG' } },
  ])
  for (const { time } of events) expect(time).toBeGreaterThan(0)
})

test('an id that comes again, over another connection as well, is done once', async () => {
  const sent: string[] = []
  const client = run.connect({ reconnect: { first: 10, most: 20 } }, own => events => {
    const connection = own(events)
    return {
      close: () => connection.close(),
      send(text) {
        connection.send(text)
        if (!text.includes('"command"')) return
        sent.push(text)
        // The answer to the first is lost with its connection.
        if (sent.length === 1) {
          connection.close()
          events.close(1006, '')
        }
      },
    }
  })
  await run.clock.pass(20)
  const done = client.send({ type: 'step', count: 5 })
  await run.clock.pass(300)
  expect(await done).toEqual({ step: 0, revision: 0 })
  expect(sent).toHaveLength(2)
  expect(sent[1]).toBe(sent[0])
  expect(run.trainer.state.step).toBe(5)
})
