/** A run that waits for its batches tells its state all the same. */
import { fromObservable, type Sample } from 'gradstream'
import { Subject, type VirtualTimeScheduler } from 'rxjs'
import { expect, test } from 'vitest'
import { trial } from '../support.ts'

const sample: Sample = { x: [0.5, -0.5], target: [1] }

/** Virtual time that passes by and by. */
async function pass(scheduler: VirtualTimeScheduler, milliseconds: number): Promise<void> {
  await settle()
  scheduler.maxFrames = scheduler.frame + milliseconds
  scheduler.flush()
  scheduler.frame = scheduler.maxFrames
  await settle()
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

test('the state follows a slow stream, step by step, and is told when a burst is over', async () => {
  const stream$ = new Subject<Sample>()
  const { trainer, scheduler } = trial({ data: fromObservable(stream$), batchSize: 1, publishTime: 50 })
  const steps: number[] = []
  trainer.state$.subscribe(({ step }) => steps.push(step))
  void trainer.run()
  await pass(scheduler, 100)
  for (let i = 0; i < 3; i++) {
    stream$.next(sample)
    await pass(scheduler, 100)
  }
  expect(steps).toEqual([0, 0, 1, 2, 3])
  for (let i = 0; i < 5; i++) stream$.next(sample)
  await pass(scheduler, 100)
  expect(steps.at(-1)).toBe(8)
  // No timer is left behind: nothing keeps the process alive.
  stream$.next(sample)
  await settle()
  await trainer.stop()
  const told = steps.length
  await pass(scheduler, 1000)
  expect(steps.length).toBe(told)
  expect(scheduler.actions).toEqual([])
  trainer.dispose()
})

test('the time of waiting is counted, without pauses, and while it lasts', async () => {
  const stream$ = new Subject<Sample>()
  const { trainer, scheduler } = trial({ data: fromObservable(stream$), batchSize: 1 })
  expect(trainer.waitTime).toBe(0)
  void trainer.run()
  await pass(scheduler, 100)
  expect(trainer.waitTime).toBe(100)
  stream$.next(sample)
  await pass(scheduler, 50)
  expect(trainer.waitTime).toBe(150)
  await trainer.pause()
  await pass(scheduler, 1000)
  expect(trainer.waitTime).toBe(150)
  // It comes while nobody waits for it.
  stream$.next(sample)
  await pass(scheduler, 1000)
  expect(trainer.waitTime).toBe(150)
  await trainer.resume()
  await pass(scheduler, 30)
  await trainer.pause()
  await pass(scheduler, 1000)
  await trainer.resume()
  await pass(scheduler, 20)
  expect(trainer.waitTime).toBe(200)
  await trainer.stop()
  await pass(scheduler, 1000)
  expect(trainer.waitTime).toBe(200)
  trainer.dispose()
})
