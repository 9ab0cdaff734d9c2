/** Recorded runs: what is in them, what they leave alone, and what a disk that fails does to them. */
import * as fs from 'node:fs'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listRuns, openBridge, type RunEvent, readRun, recordRun, type StoredRun } from 'gradstream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Disk, RunFolder } from '../../../runtime/runs/run-folder.ts'
import { RunRecorder } from '../../../runtime/runs/run-recorder.ts'
import { countOf } from '../../support/counts.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { errorOf, finish, logSpread, rejectionOf, samples, trial } from '../support.ts'

let root: string
beforeEach(async () => {
  root = await scratchFolder('runs')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const pointsOf = (run: StoredRun, name: string) => {
  const { steps, values } = run.series.get(name) as NonNullable<ReturnType<typeof run.series.get>>
  return Array.from(steps, (step, i) => [step, values[i]])
}

describe('a recorded run', () => {
  test('has what the run was, each loss, the figures of its epochs, and how it ended', async () => {
    const { trainer, scheduler } = trial({ validation: samples(5, 2), metrics: ['r2'], epochs: 4, seed: 9 })
    const losses: [number, number][] = []
    trainer.eachLoss((step, loss) => losses.push([step, loss]))
    const { folder } = recordRun(trainer, root, { name: 'a trial', author: 'Ada', notes: 'four epochs' })
    expect((await readRun(folder)).status).toBe('idle')
    const { history, metrics } = await finish(trainer, scheduler)
    const run = await readRun(folder)
    expect(run).toMatchObject({
      folder: join(root, 'trial'),
      runId: 'trial',
      name: 'a trial',
      author: 'Ada',
      notes: 'four epochs',
      status: 'finished',
      epoch: 4,
      step: 12,
      seed: 3,
      parameters: 17,
      graph: trainer.model.graph,
      settings: { epochs: 4, batchSize: 4, seed: 9, metrics: [{ metric: 'r2' }] },
      hyperparameters: { sgd1: { learningRate: 0.1 }, batchSize: 4 },
      data: { samples: 10, columns: { x: [2], target: [1] } },
      validation: { samples: 5 },
      figures: ['loss', 'r2', 'validationLoss', 'validationR2'],
      metrics: { ...metrics, batchLoss: losses.at(-1)?.[1] },
      reason: null,
      error: null,
    })
    expect(pointsOf(run, 'loss')).toEqual(losses)
    for (const name of trainer.figures)
      expect(pointsOf(run, `metrics.${name}`)).toEqual(
        history.map(({ step, metrics }) => [step, metrics[name]]),
      )
    expect(pointsOf(run, 'epoch')).toEqual([
      [3, 1],
      [6, 2],
      [9, 3],
      [12, 4],
    ])
    expect(pointsOf(run, 'sgd1.learningRate')).toEqual([[0, 0.1]])
    expect(run.events.map(({ type }) => type)).toEqual(['started', 'finished'])
    const { lowest } = run.extremes.validationLoss as (typeof run.extremes)[string]
    const best = history.reduce((best, next) =>
      (next.metrics.validationLoss as number) < (best.metrics.validationLoss as number) ? next : best,
    )
    expect(lowest).toEqual({ step: best.step, value: best.metrics.validationLoss })
  })

  test('has commands with their authors, alarms, and changes of hyper-parameters', async () => {
    const { trainer, scheduler } = trial()
    const { folder } = recordRun(trainer, root)
    const first = trainer.step(2)
    scheduler.flush()
    await first
    const sent = trainer.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.01 } }, 'Grace')
    scheduler.flush()
    await sent
    const noted = trainer.send({ type: 'note', text: 'slower from here', step: 1 }, 'Ada')
    scheduler.flush()
    await noted
    trainer.alarm({ code: 'HOT', message: 'it is hot' })
    trainer.setStepsPerSecond(null)
    const { trainer: other } = trial()
    other.dispose()
    const done = trainer.run()
    scheduler.flush()
    await done
    const run = await readRun(folder)
    const told = (type: RunEvent['type']) => run.events.filter(event => event.type === type)
    expect(told('command')).toMatchObject([
      { author: 'Grace', command: { type: 'set' }, step: 2, before: { learningRate: 0.1 } },
      { author: 'Ada', command: { type: 'note', text: 'slower from here', step: 1 } },
    ])
    expect(told('hyperparameters')).toMatchObject([{ values: { sgd1: { learningRate: 0.01 } }, step: 2 }])
    expect(told('alarm')).toMatchObject([{ code: 'HOT' }])
    expect(run.hyperparameters).toMatchObject({ sgd1: { learningRate: 0.01 } })
    expect(pointsOf(run, 'sgd1.learningRate')).toEqual([
      [0, 0.1],
      [2, 0.01],
    ])
  })

  test('says why it failed or was stopped, and goes on when the run does', async () => {
    const { trainer, scheduler } = trial()
    const { folder } = recordRun(trainer, root)
    const first = trainer.step(2)
    scheduler.flush()
    await first
    expect((await readRun(folder)).status).toBe('paused')
    const stopped = trainer.stop('enough')
    scheduler.flush()
    await stopped
    expect(await readRun(folder)).toMatchObject({ status: 'stopped', reason: 'enough', step: 2 })
    await finish(trainer, scheduler)
    expect(await readRun(folder)).toMatchObject({ status: 'finished', reason: null, epoch: 3 })
    const { trainer: doomed, scheduler: clock } = trial({ runId: 'doomed', data: samples(10) })
    doomed.model
      .node('dense1')
      .parameters.kernel?.assign(Array.from({ length: 2 }, () => Array(4).fill(1e38)))
    const recording = recordRun(doomed, root)
    await finish(doomed, clock).catch(() => undefined)
    const failed = await readRun(recording.folder)
    expect(failed.status).toBe(doomed.state.status)
  })

  test('keeps where a figure was not a number', async () => {
    const { trainer, scheduler } = trial({ batchSize: 1, data: samples(1), metrics: [logSpread()] })
    const { folder } = recordRun(trainer, root)
    await finish(trainer, scheduler)
    const run = await readRun(folder)
    expect(pointsOf(run, 'metrics.logSpread').map(([, value]) => value)).toEqual(
      trainer.state.history.map(({ metrics }) => metrics.logSpread),
    )
    expect(run.events.some(event => event.type === 'alarm' && event.code === 'NOT_FINITE')).toBe(true)
  })

  test('says that it is not recorded any more, and is the same run when it is recorded again', async () => {
    const { trainer, scheduler } = trial()
    const recording = recordRun(trainer, root)
    const first = trainer.step(2)
    scheduler.flush()
    await first
    recording.unsubscribe()
    expect(await readRun(recording.folder)).toMatchObject({ status: 'interrupted', step: 2 })
    const bytes = readFileSync(join(recording.folder, 'series.f64'))
    const again = recordRun(trainer, root)
    await finish(trainer, scheduler)
    expect(readFileSync(join(recording.folder, 'series.f64'))).toEqual(bytes)
    expect(again.folder).toBe(`${recording.folder}-2`)
    expect(await readRun(again.folder)).toMatchObject({ runId: 'trial', from: 2, status: 'finished' })
  })

  test('has no name where that is blank', async () => {
    const { folder } = recordRun(trial().trainer, root, { name: '   ', author: '\t', notes: ' ' })
    expect(await readRun(folder)).toMatchObject({ name: null, author: null, notes: null })
  })

  test('changes no weight of it', async () => {
    const outcomes = [true, false].map(async isRecorded => {
      const { trainer, scheduler, model } = trial({ validation: samples(5, 2) })
      if (isRecorded) recordRun(trainer, root)
      await finish(trainer, scheduler)
      return Object.entries(model.state()).map(([name, { data }]) => [name, [...data]])
    })
    const [recorded, other] = await Promise.all(outcomes)
    expect(recorded).toEqual(other)
  })

  test('is what a bridge records that is asked to, until it is closed', async () => {
    const { trainer, scheduler } = trial()
    const bridge = await openBridge(trainer, { port: 0, runs: root, print: () => undefined })
    await finish(trainer, scheduler)
    await bridge.close()
    await finish(trainer, scheduler)
    const { runs } = await listRuns(root)
    expect(runs).toMatchObject([{ runId: 'trial', status: 'finished', epoch: 3 }])
    writeFileSync(join(root, 'a file'), '')
    const taken = openBridge(trainer, {
      port: bridge.port,
      runs: join(root, 'a file'),
      print: () => undefined,
    })
    expect(await rejectionOf(taken)).toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    const free = await openBridge(trainer, { port: bridge.port, print: () => undefined })
    await free.close()
    trainer.dispose()
  })
})

describe('the directory', () => {
  test('gives each run a folder of its own, whatever it is called', async () => {
    const names = [
      '../../up',
      'a/b',
      '.',
      '..',
      '.hidden',
      'ünïcode 💧',
      'x'.repeat(5000),
      'trial',
      'trial',
      '*',
    ]
    const folders: string[] = []
    for (const runId of names) {
      const { trainer, scheduler } = trial({ runId, epochs: 1 })
      folders.push(recordRun(trainer, root).folder)
      await finish(trainer, scheduler)
    }
    expect(new Set(folders).size).toBe(names.length)
    expect(folders.every(folder => join(folder, '..') === root)).toBe(true)
    const { runs, broken } = await listRuns(root)
    expect(broken).toEqual([])
    expect(runs.map(({ runId }) => runId).sort()).toEqual([...names].sort())
  })

  test('is left alone but for the folder of the run', async () => {
    fs.mkdirSync(join(root, 'trial'))
    writeFileSync(join(root, 'trial', 'notes.txt'), 'mine')
    const { trainer } = trial()
    expect(recordRun(trainer, root).folder).toBe(join(root, 'trial-2'))
    expect(readFileSync(join(root, 'trial', 'notes.txt'), 'utf8')).toBe('mine')
    expect(readdirSync(root).sort()).toEqual(['trial', 'trial-2'])
    expect((await listRuns(root)).runs).toHaveLength(1)
  })

  test('is refused where it cannot be one', () => {
    writeFileSync(join(root, 'file'), 'mine')
    const { trainer } = trial()
    // Below /proc, no folder can be made, which a system says in another way.
    for (const directory of [join(root, 'file'), '/dev/null/none', '/proc/none/none', '\0'])
      expect(errorOf(() => recordRun(trainer, directory))).toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    for (const wrong of ['', 1, undefined] as never[])
      expect(errorOf(() => recordRun(trainer, wrong))).toMatchObject({ code: 'INVALID_OPTION' })
  })
})

describe('of many runs, as many stay as are asked for', () => {
  /** Runs that are over, one after the other, and one that is not. */
  async function severalRuns(): Promise<string[]> {
    const names = ['first', 'second', 'third', 'fourth']
    for (const [i, runId] of names.entries()) {
      const { trainer, scheduler } = trial({ runId, epochs: 1 })
      scheduler.schedule(() => undefined, 100 * (i + 1))
      scheduler.flush()
      recordRun(trainer, root)
      if (runId !== 'second') await finish(trainer, scheduler)
    }
    return names
  }

  const recordedLast = (keep: number) => {
    const { trainer, scheduler } = trial({ runId: 'last' })
    scheduler.schedule(() => undefined, 1000)
    scheduler.flush()
    recordRun(trainer, root, { keep })
    return readdirSync(root).sort()
  }

  test('the oldest that are over go', async () => {
    await severalRuns()
    expect(recordedLast(5)).toEqual(['first', 'fourth', 'last', 'second', 'third'])
    rmSync(join(root, 'last'), { recursive: true })
    expect(recordedLast(3)).toEqual(['fourth', 'last', 'second', 'third'])
    rmSync(join(root, 'last'), { recursive: true })
    // One that is under way is never removed.
    expect(recordedLast(1)).toEqual(['last', 'second'])
  })

  test('a folder with anything of somebody else is left alone', async () => {
    const [first = ''] = await severalRuns()
    writeFileSync(join(root, first, 'weights.safetensors'), 'mine')
    fs.mkdirSync(join(root, 'figures'))
    writeFileSync(join(root, 'figures', 'run.json'), '{}')
    expect(recordedLast(1)).toEqual(['figures', 'first', 'last', 'second'])
    expect(readFileSync(join(root, first, 'weights.safetensors'), 'utf8')).toBe('mine')
  })
})

describe('a disk that fails', () => {
  let calls = 0

  /** The calls fail from one number up to another, each after half of it. */
  function failingDisk(from: number, to: number): Disk {
    const demand = () => {
      if (++calls >= from && calls < to)
        throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
    }
    const { openSync, writeSync, ftruncateSync, fsyncSync, closeSync, renameSync } = fs
    const guarded =
      <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
      (...args: Args): Result => {
        demand()
        return call(...args)
      }
    return {
      openSync: guarded(openSync),
      writeSync: ((handle: number, bytes: Uint8Array, start: number, length: number, at: number) => {
        const half = writeSync(handle, bytes, start, length >> 1, at)
        demand()
        return half + writeSync(handle, bytes, start + half, length - half, at + half)
      }) as typeof writeSync,
      ftruncateSync: guarded(ftruncateSync),
      fsyncSync: guarded(fsyncSync),
      closeSync(handle) {
        closeSync(handle)
        demand()
      },
      renameSync: guarded(renameSync),
    }
  }

  /** Two runs of two epochs, recorded as `recordRun` does, but on a disk that may fail when the folder is there. */
  async function recordedOn(disk: Disk) {
    const { trainer, scheduler } = trial({ epochs: 2, metrics: ['r2'] })
    const alarms: string[] = []
    trainer.milestones$.subscribe(event => {
      if (event.type === 'alarm') alarms.push(event.code)
    })
    const bytes = readFileSync(join(recordRun(trial().trainer, root).folder, 'run.json'))
    calls = -100
    const folder = new RunFolder(root, 'other', bytes, disk)
    calls = 0
    const recorder = new RunRecorder(trainer, folder, JSON.parse(bytes.toString()))
    trainer.eachLoss((step, loss) => recorder.loss(step, loss))
    trainer.state$.subscribe(state => recorder.state(state))
    trainer.milestones$.subscribe(event => recorder.event(event))
    await finish(trainer, scheduler)
    await finish(trainer, scheduler)
    return { alarms, run: await readRun(folder.path), state: trainer.state }
  }

  /** All but alarms, and what the clock has a part in, since alarms are written later. */
  const contentOf = (run: StoredRun) => ({
    events: run.events.flatMap(({ type, step }) => (type === 'alarm' ? [] : [[type, step]])),
    series: [...run.series.keys()].map(name => [name, name === 'throughput' ? '' : pointsOf(run, name)]),
  })

  test('harms no run: an alarm says so, and all that is missing follows when it works again', async () => {
    const whole = await recordedOn(failingDisk(0, 0))
    expect(whole.alarms).toEqual([])
    const count = calls
    expect(count).toBeGreaterThan(20)
    // The second run ends on a disk that works.
    for (let from = 1; from <= count / 2; from++) {
      for (const length of [1, 4]) {
        const { alarms, run, state } = await recordedOn(failingDisk(from, from + length))
        const place = `calls ${from} to ${from + length}`
        expect(state, place).toEqual({ ...whole.state, throughput: state.throughput })
        expect(new Set(alarms), place).toEqual(new Set(['RUN_NOT_WRITTEN']))
        expect(alarms.length, place).toBeLessThanOrEqual(length)
        expect(run.status, place).toBe('finished')
        expect(contentOf(run), place).toEqual(contentOf(whole.run))
        rmSync(root, { recursive: true })
      }
    }
  })
})

describe('however long a run is,', () => {
  test('its points have a bound, and the extremes stay', async () => {
    const { trainer } = trial()
    const recording = recordRun(trainer, root)
    const folder = new RunFolder(root, 'long', readFileSync(join(recording.folder, 'run.json')))
    let now = 0
    const description = JSON.parse(readFileSync(join(recording.folder, 'run.json'), 'utf8'))
    const clock = {
      scheduler: { now: () => now, schedule: () => undefined },
      state: trainer.state,
      model: trainer.model,
    }
    const recorder = new RunRecorder(clock as never, folder, description)
    let largest = 0
    const steps = countOf({ usual: 200_000, full: 2_000_000 })
    const [peak, dip] = [Math.floor(0.654 * steps), Math.floor(0.543 * steps)]
    for (let step = 1; step <= steps; step++) {
      now += 10
      recorder.loss(step, step === peak ? 99 : step === dip ? -99 : Math.sin(step))
      if (step % 1000 === 0) largest = Math.max(largest, statSync(join(folder.path, 'series.f64')).size)
    }
    recorder.close()
    // The slack, and three times what stays of one series at most.
    expect(largest).toBeLessThan(2 ** 20 + 3 * 32 * 8300)
    const run = await readRun(folder.path)
    const points = pointsOf(run, 'loss')
    expect(points.length).toBeLessThan(45_000)
    expect(points).toContainEqual([peak, 99])
    expect(points).toContainEqual([dip, -99])
    expect([points[0], points.at(-1)]).toEqual([
      [1, Math.sin(1)],
      [steps, Math.sin(steps)],
    ])
  })

  test('its events have a bound: the first and the latest stay, and how many are left out', async () => {
    const { trainer, scheduler } = trial()
    const { folder } = recordRun(trainer, root)
    await finish(trainer, scheduler)
    const COUNT = 3000
    for (let i = 0; i < COUNT; i++) {
      trainer.alarm({ code: `A${i}`, message: 'x'.repeat(10_000) })
      if (i % 50 === 0) scheduler.flush()
    }
    scheduler.flush()
    expect(statSync(join(folder, 'events.jsonl')).size).toBeLessThan(2 ** 23 + 2 ** 21)
    const run = await readRun(folder)
    expect(run.status).toBe('finished')
    const alarms = run.events.filter(event => event.type === 'alarm')
    const left = run.events.reduce((sum, event) => sum + (event.type === 'leftOut' ? event.count : 0), 0)
    expect(alarms.length + left).toBe(COUNT)
    expect([alarms[0]?.code, alarms.at(-1)?.code]).toEqual(['A0', `A${COUNT - 1}`])
    trainer.alarm({ code: 'TOO_LONG', message: 'x'.repeat(3_000_000) })
    trainer.alarm({ code: 'NEXT', message: 'y' })
    scheduler.flush()
    expect((await readRun(folder)).events.at(-1)).toMatchObject({ type: 'leftOut', count: 1 })
  })

  test('it has 64 series at most', async () => {
    const metrics = Array.from({ length: 80 }, (_, i) => ({ metric: 'r2' as const, name: `r${i}` }))
    const { trainer, scheduler } = trial({ metrics })
    const { folder } = recordRun(trainer, root)
    await finish(trainer, scheduler)
    expect((await readRun(folder)).series.size).toBe(64)
  })
})
