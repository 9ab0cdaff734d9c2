/** A process that is asked to end finishes its step, writes a checkpoint, and ends. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { latestIn } from '../../../runtime/training/latest-checkpoint.ts'
import { beforeSignal } from '../../../runtime/training/signals.ts'
import { bundledChild, runChild } from '../../support/crash-children.ts'
import { begun, lossesOf } from '../../support/interrupted-run.ts'
import { scratchFolder } from '../../support/scratch.ts'

let root: string
let program: string
beforeAll(async () => {
  root = await scratchFolder('signals')
  program = await bundledChild(root)
})
afterAll(() => rm(root, { recursive: true }))
afterEach(() => vi.useRealTimers())

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const
const listeners = () => Object.keys(SIGNALS).map(signal => process.listenerCount(signal))
const endless = (directory: string) => ({
  epochs: 1_000_000,
  checkpoints: { directory, everyEpochs: 1_000_000, onSignal: true },
})

test.each(Object.entries(SIGNALS))(
  '%s: after the checkpoint of its last step, with %i',
  async (signal, exitCode) => {
    const directory = join(root, signal)
    const log = `${directory}.log`
    const { faults, code } = await runChild(program, { ...endless(directory), log }, child =>
      child.kill(signal as NodeJS.Signals),
    )
    expect({ faults, code }).toEqual({ faults: '', code: exitCode })
    const { record, broken } = await latestIn(directory)
    expect(broken).toEqual([])
    const lines = (await readFile(log, 'utf8')).trim().split('\n')
    const losses = new Map<number, string>()
    const trainer = begun(endless(join(root, `${signal}-again`)))
    lossesOf(trainer, losses)
    await trainer.step(lines.length)
    trainer.dispose()
    expect(lines.at(-1)).toBe(`${lines.length} ${losses.get(lines.length)}`)
    expect(record.loop).toMatchObject({ epoch: trainer.state.epoch })
  },
)

test('the second signal ends it at once, also where the disk hangs', async () => {
  const directory = join(root, 'hanging')
  const { code } = await runChild(
    program,
    { ...endless(directory), log: `${directory}.log`, hangs: true },
    child => {
      child.kill('SIGINT')
      // Its exit code tells that it was this one.
      setTimeout(() => child.kill('SIGTERM'), 100)
    },
  )
  expect(code).toBe(SIGNALS.SIGTERM)
})

describe('signals', () => {
  test('are taken while a run is under way, and left alone before, after, and when it is disposed', async () => {
    const before = listeners()
    const more = before.map(count => count + 1)
    const trainer = begun({ epochs: 2, checkpoints: { directory: join(root, 'under way'), onSignal: true } })
    expect(listeners()).toEqual(before)
    await trainer.step(3)
    expect(listeners()).toEqual(more)
    await trainer.run()
    expect(listeners()).toEqual(before)
    await trainer.step()
    expect(listeners()).toEqual(more)
    trainer.dispose()
    expect(listeners()).toEqual(before)
  })

  test('wait no longer than two seconds for what never comes', () => {
    vi.useFakeTimers()
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never)
    const release = beforeSignal(() => new Promise(() => undefined))
    process.emit('SIGTERM', 'SIGTERM')
    expect(exit).not.toHaveBeenCalled()
    vi.advanceTimersByTime(2000)
    expect(exit).toHaveBeenCalledWith(143)
    release()
    exit.mockRestore()
  })
})
