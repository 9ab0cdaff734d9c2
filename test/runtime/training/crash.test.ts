/** A process that is killed at any moment loses nothing: its run continues in another one, and ends with the same bytes. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GradstreamError, type Trainer } from 'gradstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countOf } from '../../support/counts.ts'
import { bundledChild, runChild } from '../../support/crash-children.ts'
import { QuickDice } from '../../support/dice.ts'
import { begun, lossesOf, outcomeOf, resumed } from '../../support/interrupted-run.ts'
import { scratchFolder } from '../../support/scratch.ts'

/** Steps, and a checkpoint after every third of them. */
const OPTIONS = { source: 'of a stream', epochs: 8 }
const often = (directory: string) => ({ directory, everySteps: 3, keep: 2, best: 'validationLoss' })

let root: string
let program: string
let expected: ReturnType<typeof outcomeOf>
const losses = new Map<number, string>()
/** How long a child runs that is not killed, in milliseconds, and how many calls write to the disk meanwhile. */
let whole: { readonly time: number; readonly calls: number }

beforeAll(async () => {
  root = await scratchFolder('crash')
  program = await bundledChild(root)
  const trainer = begun({ ...OPTIONS, checkpoints: { directory: join(root, 'whole'), everyEpochs: 9 } })
  lossesOf(trainer, losses)
  await trainer.run()
  expected = outcomeOf(trainer)
  const checkpoints = often(join(root, 'child'))
  const { output, faults } = await runChild(program, {
    ...OPTIONS,
    checkpoints,
    log: join(root, 'child.log'),
  })
  expect(faults).toBe('')
  whole = JSON.parse(/^done (.*)$/m.exec(output)?.[1] as string)
  expect(await logIn(join(root, 'child.log'))).toEqual(losses)
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** The losses in a file, of which the last line may be cut. A step that was repeated had the same one. */
async function logIn(file: string): Promise<Map<number, string>> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1)
  return new Map(lines.map(line => [Number(line.split(' ')[0]), line.split(' ')[1] as string]))
}

/** Continues the run, or begins it where it was killed before its first checkpoint. */
async function continued(directory: string): Promise<Trainer> {
  const options = { ...OPTIONS, checkpoints: often(directory) }
  try {
    return await resumed(options)
  } catch (error) {
    if (error instanceof GradstreamError && error.code === 'FILE_NOT_READ') return begun(options)
    throw error
  }
}

async function killed(number: number, dice: QuickDice): Promise<void> {
  const [directory, log] = [join(root, `run${number}`), join(root, `run${number}.log`)]
  const inWriting = number % 2 === 0
  const when = (['before', 'within', 'after'] as const)[dice.below(3)] as 'within'
  const dies = { call: 1 + dice.below(whole.calls), when }
  const moment = dice.below(1000) / 1000
  const { faults, signal } = await runChild(
    program,
    { ...OPTIONS, checkpoints: often(directory), log, ...(inWriting ? { dies } : { lingers: true }) },
    child => {
      if (!inWriting) setTimeout(() => child.kill('SIGKILL'), moment * whole.time)
    },
  )
  const told = `run ${number}: ${inWriting ? JSON.stringify(dies) : `after ${moment} of the time`}`
  expect(faults, told).toBe('')
  expect(signal, told).toBe('SIGKILL')
  const before = await logIn(log)
  for (const [step, loss] of before) expect(loss, `${told}, step ${step}`).toBe(losses.get(step))
  const trainer = await continued(directory)
  const after = new Map<number, string>()
  lossesOf(trainer, after)
  await trainer.run()
  expect(new Map([...before, ...after].sort(([a], [b]) => a - b)), told).toEqual(losses)
  expect(outcomeOf(trainer), told).toEqual(expected)
  trainer.dispose()
  trainer.model.dispose()
  const kept = await readdir(directory)
  expect(
    kept.filter(name => !/^checkpoint-\d{6}(-best)?$/.test(name)),
    told,
  ).toEqual([])
  await rm(directory, { recursive: true })
}

const COUNT = countOf({ few: 4, usual: 10, full: 200 })

test(`killed at a random moment, every second time while it writes: ${COUNT} of ${COUNT}`, async () => {
  const dice = new QuickDice(15)
  const numbers = Array.from({ length: COUNT }, (_, i) => i)
  const work = async () => {
    for (let next = numbers.shift(); next !== undefined; next = numbers.shift()) await killed(next, dice)
  }
  await Promise.all([work(), work()])
})
