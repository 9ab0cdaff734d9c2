/** Trains until it is ended, or until it kills itself inside a call that writes to the disk. Bundled, and run by plain Node. */
import { openSync, writeSync } from 'node:fs'
import { guardDisk } from './guarded-disk.ts'
import { begun, type InterruptedOptions, lossesOf } from './interrupted-run.ts'

export interface CrashOptions extends InterruptedOptions {
  /** A file for the losses. */
  readonly log: string
  /** In which call of those that write it kills itself, from 1, and when. */
  readonly dies?: { readonly call: number; readonly when: 'before' | 'within' | 'after' }
  /** Whether it waits at the end of its run to be killed. */
  readonly lingers?: boolean
  /** Whether no such call comes back. */
  readonly hangs?: boolean
}

const { log, dies, lingers, hangs, ...options } = JSON.parse(process.argv[2] as string) as CrashOptions
let calls = 0

const die = () => process.kill(process.pid, 'SIGKILL')
guardDisk(async (call, half) => {
  if (hangs) await new Promise(() => undefined)
  const isLast = ++calls === dies?.call
  if (isLast && dies.when === 'within') await half()
  if (isLast && dies.when !== 'after') die()
  const result = await call()
  if (isLast) die()
  return result
})

const trainer = begun(options)
const file = openSync(log, 'a')
const losses = new Map<number, string>()
lossesOf(trainer, losses)
trainer.eachLoss(step => {
  writeSync(file, `${step} ${losses.get(step)}\n`)
  if (step === 1) process.stdout.write('ready\n')
})
const started = performance.now()
await trainer.run()
process.stdout.write(`done ${JSON.stringify({ calls, time: performance.now() - started })}\n`)
// It was faster than the last time, and wrote less often.
if (dies) die()
if (lingers) setInterval(() => undefined, 1000)
