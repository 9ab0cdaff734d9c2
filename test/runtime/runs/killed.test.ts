/** A process that is killed at any moment loses nothing of its recorded run but the last second. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { listRuns, readRun, recordRun } from 'gradstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { summaryOf } from '../../../runtime/runs/stored-run.ts'
import { countOf } from '../../support/counts.ts'
import { bundledChild, runChild } from '../../support/crash-children.ts'
import { QuickDice } from '../../support/dice.ts'
import { recordedTrainer } from '../../support/recorded-run.ts'
import { scratchFolder } from '../../support/scratch.ts'

/** Steps of the child in a second of its clock, by which it takes 20 ms for each. */
const A_SECOND = 1000 / 20
/** How long a child lives at most, in milliseconds, and in how many calls that write. */
const [LIFE, CALLS] = [400, 60]

let root: string
let program: string
beforeAll(async () => {
  root = await scratchFolder('killed')
  program = await bundledChild(root, 'recording-child.ts')
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** What the child had told, by step; the line under way is left out. */
async function toldIn(file: string): Promise<Record<'step' | 'epoch', Map<number, number>>> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1)
  const told = { step: new Map<number, number>(), epoch: new Map<number, number>() }
  for (const line of lines) {
    const [kind, step, value] = line.split(' ')
    told[kind as 'step' | 'epoch'].set(Number(step), Number(value))
  }
  return told
}

async function killed(number: number, dice: QuickDice): Promise<void> {
  const [directory, log] = [join(root, `runs${number}`), join(root, `log${number}`)]
  const inWriting = number % 2 === 0
  const dies = { call: 1 + dice.below(CALLS), when: (['before', 'within', 'after'] as const)[dice.below(3)] }
  const moment = dice.below(LIFE)
  const told = `run ${number}: ${inWriting ? JSON.stringify(dies) : `after ${moment} ms`}`
  const { faults, signal } = await runChild(
    program,
    { directory, log, ...(inWriting && { dies }) },
    child => {
      if (!inWriting) setTimeout(() => child.kill('SIGKILL'), moment)
    },
  )
  expect(faults, told).toBe('')
  expect(signal, told).toBe('SIGKILL')
  const before = await toldIn(log)
  const last = Math.max(0, ...before.step.keys())
  const { runs, broken } = await listRuns(directory).catch(() => ({ runs: [], broken: [] }))
  expect(broken, told).toEqual([])
  if (runs.length === 0) {
    // It was killed before its folder took its place, which comes before the first step.
    expect(last, told).toBe(0)
    return
  }
  const { folder } = runs[0] as (typeof runs)[number]
  const run = await readRun(folder)
  expect(run.status, told).toBe('interrupted')
  expect(runs[0], told).toEqual(summaryOf(run))
  if (last > 0) expect(run.events[0]?.type, told).toBe('started')
  for (const [name, known] of [
    ['loss', before.step],
    ['metrics.validationLoss', before.epoch],
  ] as const) {
    const series = run.series.get(name)
    const kept = new Map(Array.from(series?.steps ?? [], (step, i) => [step, series?.values[i] as number]))
    for (const [step, value] of kept) {
      // The log of the child comes after its recorder, and may lack the last step.
      if (known.has(step)) expect(value, `${told}, ${name} at step ${step}`).toBe(known.get(step))
      else expect(step, `${told}, ${name}`).toBeGreaterThan(last)
    }
    const lost = [...known.keys()].filter(step => !kept.has(step) && step <= last - A_SECOND)
    expect(lost, `${told}: ${name} of ${last} steps`).toEqual([])
  }
  const name = (await readdir(folder)).find(name => name.includes('tfevents'))
  const board = name === undefined ? undefined : await readRun(join(folder, name))
  const points = board?.series.get('loss')
  for (const [i, step] of (points?.steps ?? []).entries())
    if (before.step.has(step))
      expect(points?.values[i], told).toBe(Math.fround(before.step.get(step) as number))
  if (last > A_SECOND) expect(points?.steps.at(-1), told).toBeGreaterThan(last - A_SECOND)
  // Another run in the same place leaves it alone, and takes away what was half made.
  const bytes = await readFile(join(folder, 'series.f64'))
  const trainer = recordedTrainer({ epochs: 1 })
  const next = recordRun(trainer, directory)
  await trainer.run()
  expect(next.folder, told).not.toBe(folder)
  expect(await readFile(join(folder, 'series.f64')), told).toEqual(bytes)
  expect((await listRuns(directory)).runs.map(({ status }) => status).sort(), told).toEqual([
    'finished',
    'interrupted',
  ])
  trainer.dispose()
  trainer.model.dispose()
  await rm(directory, { recursive: true })
}

const COUNT = countOf({ few: 2, usual: 5, full: 50 })

test(`killed at a random moment, every second time while it writes: ${COUNT} of ${COUNT}`, async () => {
  const dice = new QuickDice(16)
  const numbers = Array.from({ length: COUNT }, (_, i) => i)
  const work = async () => {
    for (let next = numbers.shift(); next !== undefined; next = numbers.shift()) await killed(next, dice)
  }
  await Promise.all([work(), work()])
})
