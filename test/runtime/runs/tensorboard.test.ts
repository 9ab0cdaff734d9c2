/** What a recorded run writes for TensorBoard. That its records are those of TensorBoard, `test/golden` says. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { defineMetric, openBridge, readRun, recordRun } from 'gradstream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tagOf } from '../../../runtime/runs/tensorboard/board.ts'
import { Parts } from '../../../runtime/runs/tensorboard/parts.ts'
import { countOf } from '../../support/counts.ts'
import { QuickDice } from '../../support/dice.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { errorOf, finish, logSpread, rejectionOf, samples, trial } from '../support.ts'

let root: string
beforeEach(async () => {
  root = await scratchFolder('tensorboard')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const nothing = defineMetric({
  type: 'nothing',
  moments: ['targets'],
  tally: ({ target }) => ({ targets: target }),
  result: () => Number.NaN,
})

const eventFile = (folder: string) => {
  const names = readdirSync(folder).filter(name => name.includes('tfevents'))
  expect(names).toHaveLength(1)
  return join(folder, names[0] as string)
}

test('all figures of a run stand in it under their tags, NaN too', async () => {
  const data = { data: samples(1), validation: samples(5, 2), batchSize: 1 }
  const { trainer, scheduler } = trial({ ...data, metrics: [logSpread(), nothing()] })
  const { folder } = recordRun(trainer, root, { tensorboard: true })
  await finish(trainer, scheduler)
  const [own, other] = [await readRun(folder), await readRun(eventFile(folder))]
  expect([...other.series.keys()].sort()).toEqual([...own.series.keys()].map(tagOf).sort())
  for (const [name, { steps, times, values }] of own.series) {
    const points = other.series.get(tagOf(name))
    expect(points?.steps, name).toEqual(steps)
    expect(points?.times, name).toEqual(times)
    expect(points?.values, name).toEqual(Float64Array.from(values, Math.fround))
  }
  expect(other.series.get('metrics/logSpread')?.values[0]).toBe(-Infinity)
  expect(other.series.get('metrics/nothing')?.values[0]).toBeNaN()
})

test('none is written without the option, and a bridge has it too', async () => {
  const { trainer, scheduler } = trial()
  const { folder } = recordRun(trainer, root)
  const bridge = await openBridge(trainer, {
    port: 0,
    print: () => undefined,
    runs: { directory: join(root, 'bridge'), tensorboard: true, name: 'bridged' },
  })
  await finish(trainer, scheduler)
  await bridge.close()
  expect(readdirSync(folder).some(name => name.includes('tfevents'))).toBe(false)
  const [run = ''] = readdirSync(join(root, 'bridge'))
  expect(await readRun(join(root, 'bridge', run))).toMatchObject({ name: 'bridged', status: 'finished' })
  expect((await readRun(eventFile(join(root, 'bridge', run)))).step).toBe(9)
  for (const runs of [
    {},
    { directory: '' },
    { directory: 'a', nam: 'b' },
    { directory: 'a', keep: 0 },
    5,
    [],
  ] as never[])
    expect(await rejectionOf(openBridge(trainer, { runs }))).toMatchObject({ code: 'INVALID_OPTION' })
  for (const options of [{ tensorboard: 1 }, { keep: 0 }, { keep: 1.5 }, { name: '' }] as never[])
    expect(errorOf(() => recordRun(trainer, root, options))).toMatchObject({ code: 'INVALID_OPTION' })
})

test('it only grows, so that TensorBoard can read on', async () => {
  const { trainer, scheduler } = trial({ epochs: 30 })
  const { folder } = recordRun(trainer, root, { tensorboard: true })
  let before = Buffer.alloc(0)
  for (let i = 0; i < 5; i++) {
    const stepped = trainer.step(9)
    scheduler.flush()
    await stepped
    const bytes = readFileSync(eventFile(folder))
    expect(bytes.length).toBeGreaterThan(before.length)
    expect(bytes.subarray(0, before.length)).toEqual(before)
    before = bytes
  }
})

test('of many points few are given, each of them one that came, in order, with the extremes and the last', () => {
  const dice = new QuickDice(1)
  for (const count of [
    0,
    1,
    2,
    15,
    16,
    17,
    100,
    1000,
    countOf({ few: 5000, usual: 20_000, full: 200_000 }),
  ]) {
    const parts = new Parts(16)
    const values = Array.from({ length: count }, () => dice.below(1000))
    const given: [number, number][] = []
    const take = (step: number, _: number, value: number) => given.push([step, value])
    for (const [i, value] of values.entries()) parts.add(i, i, value, take)
    parts.end(take)
    parts.end(take)
    expect(given.length).toBeLessThanOrEqual(16 * (2 + Math.log2(Math.max(1, count / 16))) + 3)
    expect(given.every(([step, value]) => values[step] === value)).toBe(true)
    const steps = given.map(([step]) => step)
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b))
    if (count === 0) continue
    expect(steps.at(-1)).toBe(count - 1)
    const all = given.map(([, value]) => value)
    expect(extremesOf(all)).toEqual(extremesOf(values))
    if (count <= 16) expect(given.length).toBe(count)
  }
})

/** Of more numbers than a call takes arguments. */
const extremesOf = (values: readonly number[]) => {
  const inOrder = Float64Array.from(values).sort()
  return [inOrder[0], inOrder.at(-1)]
}

test('a run of any length writes little', async () => {
  const { trainer } = trial()
  const { folder, recorder, clock } = await fakeRun(trainer)
  for (let step = 1; step <= 100_000; step++) {
    clock.time += 1
    recorder.loss(step, Math.sin(step))
  }
  recorder.close()
  expect(statSync(eventFile(folder)).size).toBeLessThan(60 * 1024 * (2 + Math.log2(100)))
})

/** A recorder with a clock of its own, for many steps. */
async function fakeRun(trainer: ReturnType<typeof trial>['trainer']) {
  const { RunFolder } = await import('../../../runtime/runs/run-folder.ts')
  const { RunRecorder } = await import('../../../runtime/runs/run-recorder.ts')
  const bytes = readFileSync(join(recordRun(trainer, root).folder, 'run.json'))
  const folder = new RunFolder(root, 'long', bytes)
  const clock = { time: 0 }
  const scheduler = { now: () => clock.time, schedule: () => undefined }
  const other = { scheduler, state: trainer.state, model: trainer.model }
  return {
    folder: folder.path,
    clock,
    recorder: new RunRecorder(other as never, folder, JSON.parse(bytes.toString()), true),
  }
}
