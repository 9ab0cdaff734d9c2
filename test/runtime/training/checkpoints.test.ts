/** When checkpoints are written, and what is told of them. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CheckpointOptions,
  compile,
  connectBridge,
  createTrainer,
  defineNode,
  dense,
  fromObservable,
  graph,
  hasCheckpoint,
  input,
  memoryTransport,
  openBridge,
  resume,
  type Trainer,
  type TrainerEvent,
} from 'gradstream'
import { asyncScheduler, BehaviorSubject, Subject } from 'rxjs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { scratchFolder } from '../../support/scratch.ts'
import { errorOf, regression, rejectionOf, rows, samples } from '../support.ts'

let root: string
beforeEach(async () => {
  root = await scratchFolder('checkpoints')
})
afterEach(() => rm(root, { recursive: true }))

let clock = 0
const scheduler = Object.create(asyncScheduler, { now: { value: () => clock } })
const EPOCH = 5

function begun(checkpoints: Omit<CheckpointOptions, 'directory'> = {}) {
  const model = compile(regression(), { seed: 1 })
  const options = { data: samples(4 * EPOCH), epochs: 3, batchSize: 4, scheduler }
  const trainer = createTrainer(model, {
    ...options,
    checkpoints: { directory: root, keep: 99, ...checkpoints },
  })
  return { trainer, written: writtenBy(trainer) }
}

/** The steps after which a checkpoint was written. */
function writtenBy(trainer: Trainer) {
  const paths: string[] = []
  trainer.milestones$.subscribe(event => {
    if (event.type === 'checkpoint') paths.push(event.path)
  })
  return paths
}

/** Steps one by one, each after so many milliseconds, and lets each checkpoint come to the disk. */
async function steps(trainer: Trainer, count: number, milliseconds = 0): Promise<number[]> {
  const after: number[] = []
  let known = (await readdir(root)).length
  for (let i = 0; i < count; i++) {
    clock += milliseconds
    await trainer.step()
    await settled(trainer)
    const now = (await readdir(root)).length
    if (now > known) after.push(trainer.state.step)
    known = now
  }
  return after
}

/** Resolves when nothing is being written. */
const settled = (trainer: Trainer) =>
  (trainer as unknown as { checkpoints: { after(end: Promise<void>): Promise<void> } }).checkpoints.after(
    Promise.resolve(),
  )

test('after so many steps', async () => {
  expect(await steps(begun({ everySteps: 3 }).trainer, 10)).toEqual([3, 6, 9])
})

test('after a step when so many seconds have passed', async () => {
  expect(await steps(begun({ everySeconds: 1 }).trainer, 10, 400)).toEqual([3, 6, 9])
})

test('after so many epochs, each by default, and at the end', async () => {
  const all: [Omit<CheckpointOptions, 'directory'>, number][] = [
    [{}, 3],
    [{ everyEpochs: 2 }, 2],
    [{ everyEpochs: 9 }, 1],
    [{ everySteps: 99 }, 1],
  ]
  for (const [options, count] of all) {
    const { trainer, written } = begun(options)
    await steps(trainer, 3 * EPOCH)
    await trainer.run()
    expect(written, JSON.stringify(options)).toHaveLength(count)
    await rm(root, { recursive: true })
    root = await scratchFolder('checkpoints')
  }
})

test('where a run is stopped, and not where it is disposed', async () => {
  const { trainer, written } = begun({ everyEpochs: 9 })
  await trainer.step(EPOCH + 1)
  await trainer.stop()
  await settled(trainer)
  expect(written).toHaveLength(1)
  await trainer.step()
  trainer.dispose()
  const again = await resume(root, { data: samples(4 * EPOCH) })
  expect(again.state).toMatchObject({ step: EPOCH + 1, checkpoints: ['checkpoint-000001'] })
  again.dispose()
})

test('with the options that the run had, unless others are given', async () => {
  const { trainer } = begun({ everySteps: 1, keep: 1 })
  await steps(trainer, 2)
  const again = await resume(root, { data: samples(4 * EPOCH) })
  await steps(again, 2)
  expect(again.state.checkpoints).toEqual(['checkpoint-000004'])
  again.dispose()
  const other = await resume(root, { data: samples(4 * EPOCH), checkpoints: { everyEpochs: 9, keep: 2 } })
  await steps(other, 1)
  expect(other.state.checkpoints).toEqual(['checkpoint-000004'])
  await other.checkpoint()
  await settled(other)
  expect(other.state.checkpoints).toEqual(['checkpoint-000004', 'checkpoint-000005'])
  for (const odd of [null, true, 7, { every: 1 }])
    expect(
      await rejectionOf(resume(root, { data: samples(4 * EPOCH), checkpoints: odd as never })),
    ).toMatchObject({
      code: 'INVALID_OPTION',
    })
})

test('hasCheckpoint tells whether there is one to go on from', async () => {
  expect(hasCheckpoint(join(root, 'nowhere'))).toBe(false)
  expect(hasCheckpoint(root)).toBe(false)
  await begun().trainer.checkpoint()
  expect(hasCheckpoint(`${root}/`)).toBe(true)
  expect(() => hasCheckpoint(7 as never)).toThrow('INVALID_OPTION')
  // A file is no directory, for both of them.
  const file = join(root, (await readdir(root))[0] as string, 'run.json')
  expect(() => hasCheckpoint(file)).toThrow('FILE_NOT_READ')
  expect(await rejectionOf(resume(file, { data: samples(4 * EPOCH) }))).toMatchObject({
    code: 'FILE_NOT_READ',
  })
})

test('the state lists those that are kept, also in a run that was resumed', async () => {
  const { trainer } = begun({ everySteps: 1, keep: 2 })
  expect(trainer.state.checkpoints).toEqual([])
  await steps(trainer, 3)
  expect(trainer.state.checkpoints).toEqual(['checkpoint-000002', 'checkpoint-000003'])
  const again = await resume(root, { data: samples(4 * EPOCH) })
  expect(again.state.checkpoints).toEqual(trainer.state.checkpoints)
})

test('the best epoch and the time are those of the whole run, also in one that was resumed', async () => {
  const { trainer } = begun({ everySteps: 1 })
  trainer.events$.subscribe(({ type }) => {
    if (type === 'step') clock += 100
  })
  await steps(trainer, 2 * EPOCH + 1)
  const { best, elapsed } = trainer.state
  expect(best?.epoch).toBeGreaterThan(0)
  const again = await resume(root, { data: samples(4 * EPOCH) })
  expect(again.state.best).toEqual(best)
  expect(elapsed).toBeCloseTo(1.1)
  expect(again.state.elapsed).toBeCloseTo(elapsed)
})

test('when it is asked for: by a call, and by a command, also over a bridge', async () => {
  const { trainer, written } = begun({ everyEpochs: 9 })
  const events: TrainerEvent[] = []
  trainer.milestones$.subscribe(event => events.push(event))
  await trainer.step()
  expect(await trainer.checkpoint()).toBe(join(root, 'checkpoint-000001'))
  await trainer.send({ type: 'checkpoint' }, 'somebody')
  await settled(trainer)
  const bridge = await openBridge(trainer, { port: 0, print: () => undefined })
  const client = connectBridge(memoryTransport(bridge), { token: bridge.tokens.controller })
  await client.send({ type: 'checkpoint' })
  await settled(trainer)
  client.close()
  await bridge.close()
  expect(written).toEqual([1, 2, 3].map(number => join(root, `checkpoint-00000${number}`)))
  expect(events).toContainEqual(expect.objectContaining({ type: 'command', author: 'somebody' }))
  trainer.dispose()
  expect(await rejectionOf(trainer.checkpoint())).toMatchObject({ code: 'ALREADY_DISPOSED' })
})

test('not without the option, and a command is told so', async () => {
  const trainer = createTrainer(compile(regression()), { data: samples(20) })
  for (const asked of [trainer.checkpoint(), trainer.send({ type: 'checkpoint' })])
    expect(await rejectionOf(asked)).toMatchObject({
      code: 'NOT_AVAILABLE',
      hint: expect.stringContaining("checkpoints: { directory: 'checkpoints/' }"),
    })
  expect(trainer.state.checkpoints).toBe(null)
})

test('options that cannot be meant are refused', () => {
  const wrong: [object, string, RegExp][] = [
    [{ everySteps: 0 }, 'INVALID_OPTION', /everySteps/],
    [{ keep: 0 }, 'INVALID_OPTION', /keep/],
    [{ everyMinutes: 1 }, 'INVALID_OPTION', /everyMinutes/],
    [{ best: 'validationLoss' }, 'UNKNOWN_NAME', /best: .*"loss", got "validationLoss"/],
    [{ best: 'fit' }, 'INVALID_OPTION', /mode/],
    [{ best: 'accuracy' }, 'UNKNOWN_NAME', /best: .*"loss", got "accuracy"/],
    [{ mode: 'max' }, 'INVALID_OPTION', /best/],
    [{ onSignal: 1 }, 'INVALID_OPTION', /onSignal/],
    [{ directory: '' }, 'INVALID_OPTION', /directory/],
    [{ directory: null }, 'INVALID_OPTION', /directory/],
    [{ directory: import.meta.filename ?? new URL(import.meta.url).pathname }, 'FILE_NOT_READ', /folder/],
  ]
  expect(
    errorOf(() => createTrainer(compile(regression()), { data: samples(8), checkpoints: null as never })),
  ).toMatchObject({ code: 'INVALID_OPTION' })
  for (const [options, code, says] of wrong) {
    const error = errorOf(() => begun(options))
    expect(error).toMatchObject({ code })
    expect(error.message).toMatch(says)
  }
})

test('a graph that JSON cannot hold is refused at once', () => {
  const odd = defineNode({
    type: 'odd',
    config: () => ({ make: () => 1 }),
    inputs: ['x'],
    outputs: ['y'],
    shapes: ({ x }) => ({ y: x }),
    forward: ({ x }, _, { kernels: k }) => ({ y: k.copy(x) }),
    backward: ({ y: dy }, _, __, { kernels: k }) => ({ x: k.copy(dy) }),
  })
  // Already where it is made, so that there is none to write.
  const made = () => graph({ y: input({ name: 'x', shape: [2] }).pipe(dense({ units: 1 }), odd()) })
  expect(errorOf(made)).toMatchObject({ code: 'GRAPH_FORMAT' })
})

test('a live source goes on with what arrives, and a number that followed a stream keeps its last one', async () => {
  const { x, target } = rows(40)
  const sampleAt = (i: number) => ({ x: x[i] as number[], target: target[i] as number[] })
  const live = () => {
    const subject = new Subject<ReturnType<typeof sampleAt>>()
    return { subject, data: fromObservable(subject, { size: 20 }) }
  }
  const first = live()
  const model = compile(regression(), { seed: 1 })
  const trainer = createTrainer(model, {
    data: first.data,
    epochs: 1,
    batchSize: 4,
    checkpoints: { directory: root },
  })
  await trainer.set('sgd1', { learningRate: new BehaviorSubject(0.02) })
  const stepped = trainer.step(2)
  await vi.waitUntil(() => first.subject.observed)
  for (let i = 0; i < 8; i++) first.subject.next(sampleAt(i))
  await stepped
  await trainer.checkpoint()
  trainer.dispose()
  const second = live()
  const silent = vi.spyOn(console, 'warn').mockReturnValue(undefined)
  const again = await resume(root, { data: second.data })
  silent.mockRestore()
  expect(again.state).toMatchObject({ epoch: 1, step: 2, hyperparameters: { sgd1: { learningRate: 0.02 } } })
  const done = again.run()
  await vi.waitUntil(() => second.subject.observed)
  for (let i = 8; i < 20; i++) second.subject.next(sampleAt(i))
  second.subject.complete()
  expect(await done).toMatchObject({ epoch: 1, step: 5 })
})
