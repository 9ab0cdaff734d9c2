/** Trains and records its run until it is killed, or kills itself inside a call that writes to the disk. Bundled, and run by plain Node. */
import fs, { openSync, writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { recordRun } from 'gradstream'
import { asyncScheduler, type SchedulerLike } from 'rxjs'
import { recordedTrainer } from './recorded-run.ts'

export interface RecordingOptions {
  /** For the folder of the run. */
  readonly directory: string
  /** A file for what was told to the recorder before. */
  readonly log: string
  /** In which call of those that write it kills itself, from 1, and when. */
  readonly dies?: { readonly call: number; readonly when: 'before' | 'within' | 'after' }
}

/** Milliseconds of its clock that a step takes, however long it really takes, so that a short life is full of writes. */
const STEP_TIME = 20

const { directory, log, dies } = JSON.parse(process.argv[2] as string) as RecordingOptions
const file = openSync(log, 'a')
const write = writeSync
const note = (line: string) => write(file, `${line}\n`)

let calls = 0
if (dies) {
  for (const name of ['openSync', 'writeSync', 'fsyncSync', 'renameSync', 'mkdirSync'] as const) {
    const original = fs[name] as (...args: unknown[]) => unknown
    const deadly = (...args: unknown[]) => {
      const isLast = ++calls === dies.call
      if (isLast && dies.when === 'before') process.kill(process.pid, 'SIGKILL')
      if (isLast && dies.when === 'within' && name === 'writeSync') {
        const [handle, bytes, start, length, at] = args as [number, Uint8Array, number, number, number]
        write(handle, bytes, start, length >> 1, at)
      }
      const result = isLast && dies.when === 'within' ? undefined : original(...args)
      if (isLast) process.kill(process.pid, 'SIGKILL')
      return result
    }
    Object.assign(fs, { [name]: deadly })
  }
  syncBuiltinESMExports()
}

let steps = 0
const scheduler: SchedulerLike = {
  now: () => 1e12 + STEP_TIME * steps,
  schedule: asyncScheduler.schedule.bind(asyncScheduler) as SchedulerLike['schedule'],
}
const trainer = recordedTrainer({ epochs: 1e6, scheduler })
trainer.eachLoss(() => {
  steps++
})
recordRun(trainer, directory, { tensorboard: true })
trainer.eachLoss((step, loss) => {
  note(`step ${step} ${loss}`)
  if (step === 1) process.stdout.write('ready\n')
})
trainer.milestones$.subscribe(event => {
  if (event.type === 'epoch') note(`epoch ${event.step} ${event.metrics.validationLoss}`)
})
await trainer.run()
