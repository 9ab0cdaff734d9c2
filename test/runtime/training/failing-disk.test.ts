/** A disk that fails harms no run: an alarm says so, the older checkpoint stays, and the next one is written when the disk works again. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trainer } from 'gradstream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { latestIn } from '../../../runtime/training/latest-checkpoint.ts'
import { isFull } from '../../support/counts.ts'
import { guardDisk } from '../../support/guarded-disk.ts'
import { begun, outcomeOf, resumed } from '../../support/interrupted-run.ts'
import { scratchFolder } from '../../support/scratch.ts'
import { rejectionOf } from '../support.ts'

const CODES = ['ENOSPC', 'EIO', 'EROFS'] as const

let root: string
/** What the next calls that write fail with, by their numbers. */
let fails: (call: number) => string | undefined = () => undefined
let calls = 0
let release: () => void
beforeEach(async () => {
  root = await scratchFolder('failing')
  fails = () => undefined
  release = guardDisk(async (call, half) => {
    const code = fails(++calls)
    if (code === undefined) return call()
    await half()
    throw Object.assign(new Error(`${code}: it failed`), { code })
  })
})
afterEach(async () => {
  release()
  await rm(root, { recursive: true })
})

const SOURCE = { source: 'in memory' }
const epochs = 2

function alarmsOf(trainer: Trainer): string[] {
  // Nothing is printed where somebody listens.
  trainer.warnings$.subscribe()
  const alarms: string[] = []
  trainer.milestones$.subscribe(event => {
    if (event.type === 'alarm') alarms.push(`${event.code} ${event.message}`)
  })
  return alarms
}

/** A run of which one checkpoint is written, and then another while the disk fails. */
async function disturbed(directory: string, failing: typeof fails) {
  const checkpoints = { directory, everyEpochs: 99 }
  const trainer = begun({ ...SOURCE, epochs, checkpoints })
  const alarms = alarmsOf(trainer)
  await trainer.step(2)
  const older = await trainer.checkpoint()
  await trainer.step()
  calls = 0
  fails = failing
  const written = await trainer.checkpoint().then(
    path => path,
    error => error.code as string,
  )
  const count = calls
  fails = () => undefined
  return { trainer, alarms, older, written, count, checkpoints }
}

async function undisturbed() {
  const trainer = begun({ ...SOURCE, epochs, checkpoints: { directory: join(root, 'whole') } })
  await trainer.run()
  return outcomeOf(trainer)
}

test('whatever call fails, and with whatever code', async () => {
  const expected = await undisturbed()
  const { count } = await disturbed(join(root, 'count'), () => undefined)
  expect(count).toBeGreaterThan(15)
  for (let at = 1; at <= count; at++)
    for (const code of isFull ? CODES : [CODES[at % 3] as string]) {
      const what = `${code} in call ${at}`
      const directory = join(root, `${code}${at}`)
      const { trainer, alarms, older, written, checkpoints } = await disturbed(directory, call =>
        call === at ? code : undefined,
      )
      // The last calls only clear away.
      if (written === 'FILE_NOT_WRITTEN') {
        expect(alarms, what).toHaveLength(1)
        expect(alarms[0], what).toMatch(
          new RegExp(`^FILE_NOT_WRITTEN .*checkpoint-000002.*${code}: it failed`),
        )
        expect((await latestIn(directory)).path, what).toBe(older)
      } else {
        expect(alarms, what).toEqual([])
        expect((await latestIn(directory)).path, what).toBe(written)
      }
      // From what is there, the run continues as it was.
      const again = await resumed({ ...SOURCE, checkpoints })
      await again.run()
      expect(outcomeOf(again), what).toEqual(expected)
      // It recovers by itself, and the run has not been harmed.
      expect((await latestIn(directory)).broken, what).toEqual([])
      await trainer.run()
      expect(outcomeOf(trainer), what).toEqual(expected)
      expect(
        (await readdir(directory)).filter(name => name.startsWith('.')),
        what,
      ).toEqual([])
    }
})

test('a disk that is full for a while is told of once, and again when it is full again', async () => {
  const { trainer, alarms, checkpoints } = await disturbed(join(root, 'full'), () => 'ENOSPC')
  const write = () => rejectionOf(trainer.checkpoint())
  fails = () => 'ENOSPC'
  expect(await write()).toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  await write()
  expect(alarms).toHaveLength(1)
  fails = () => undefined
  const path = await trainer.checkpoint()
  expect((await latestIn(checkpoints.directory)).path).toBe(path)
  fails = () => 'ENOSPC'
  await write()
  expect(alarms).toHaveLength(2)
  await trainer.run()
  expect(outcomeOf(trainer)).toEqual(await undisturbed())
})

test('a copy that cannot be made harms no run either', async () => {
  const trainer = begun({
    ...SOURCE,
    epochs,
    checkpoints: { directory: join(root, 'copies'), everySteps: 1 },
  })
  const alarms = alarmsOf(trainer)
  const { publisher } = trainer as unknown as { publisher: { save(): unknown } }
  const whole = vi.spyOn(publisher, 'save').mockImplementation(() => {
    throw new RangeError('Array buffer allocation failed')
  })
  await trainer.step(2)
  expect(await rejectionOf(trainer.checkpoint())).toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  expect(alarms).toEqual([expect.stringContaining('Array buffer allocation failed')])
  whole.mockRestore()
  await trainer.run()
  expect(outcomeOf(trainer)).toEqual(await undisturbed())
  expect(await latestIn(join(root, 'copies'))).toMatchObject({
    broken: [],
    record: { loop: { epoch: epochs } },
  })
})

test('while one is written, the next waits, and of several that wait, the latest is written, and the best', async () => {
  let goOn: () => void = () => undefined
  const held = new Promise<void>(resolve => {
    goOn = resolve
  })
  release()
  release = guardDisk(async call => {
    await held
    return call()
  })
  const trainer = begun({
    ...SOURCE,
    epochs,
    checkpoints: { directory: root, everyEpochs: 99, keep: 9, best: 'loss' },
  })
  const written: Promise<string>[] = []
  for (let i = 0; i < 3; i++) {
    await trainer.step()
    written.push(trainer.checkpoint())
  }
  // The end of an epoch, the best so far.
  await trainer.step(2)
  for (let i = 0; i < 2; i++) written.push(trainer.checkpoint())
  goOn()
  const names = (await Promise.all(written)).map(path => path.slice(root.length + 1))
  expect(names).toEqual([
    'checkpoint-000001',
    'checkpoint-000004-best',
    'checkpoint-000004-best',
    'checkpoint-000006',
    'checkpoint-000006',
  ])
  expect((await readdir(root)).sort()).toEqual([...new Set(names)])
})
