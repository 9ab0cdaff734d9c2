/** A run that is slowed down, so that somebody can watch. */
import type { Trainer } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { bytesOf, errorOf, rejectionOf, trial } from '../support.ts'

/** When each step was done, in virtual milliseconds. */
function timesOf(trainer: Trainer): number[] {
  const times: number[] = []
  trainer.events$.subscribe(({ type, time }) => type === 'step' && times.push(time))
  return times
}

/** Three epochs of three steps. */
async function timed(stepsPerSecond?: number) {
  const { model, trainer, scheduler } = trial({ ...(stepsPerSecond !== undefined && { stepsPerSecond }) })
  const times = timesOf(trainer)
  const done = trainer.run()
  scheduler.flush()
  const state = await done
  return { times, state, bytes: bytesOf(model) }
}

test('steps keep their distance, the first one comes at once', async () => {
  const { times, state } = await timed(10)
  expect(times).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800])
  expect(state).toMatchObject({ status: 'finished', stepsPerSecond: 10 })
})

test('without a stepsPerSecond nobody waits', async () => {
  const { times, state } = await timed()
  expect(new Set(times)).toEqual(new Set([0]))
  expect(state.stepsPerSecond).toBeNull()
})

test('what is learned does not depend on it', async () => {
  expect((await timed(3)).bytes).toEqual((await timed()).bytes)
})

test('a stepsPerSecond of a thousand a second is kept by several steps in one turn', async () => {
  const { times } = await timed(10_000)
  expect(times.at(-1)).toBeLessThanOrEqual(1)
})

describe('while the run goes on', () => {
  test('a new stepsPerSecond holds at once, whenever the next step would have come', async () => {
    const { trainer, scheduler } = trial({ stepsPerSecond: 0.001 })
    const times = timesOf(trainer)
    const done = trainer.run()
    scheduler.maxFrames = 100
    scheduler.flush()
    expect(times).toHaveLength(1)
    trainer.setStepsPerSecond(null)
    scheduler.maxFrames = Number.POSITIVE_INFINITY
    scheduler.flush()
    expect(await done).toMatchObject({ status: 'finished', stepsPerSecond: null })
    expect(times).toHaveLength(9)
  })

  test('pause and stop do not wait for the next step', async () => {
    const { trainer, scheduler } = trial({ stepsPerSecond: 0.001 })
    const done = trainer.run()
    scheduler.maxFrames = 100
    scheduler.flush()
    expect(await trainer.pause()).toMatchObject({ status: 'paused', step: 1 })
    expect(await trainer.stop()).toMatchObject({ status: 'stopped' })
    await done
  })
})

test('it is told as a command, and in the state', async () => {
  const { trainer } = trial()
  const commands: unknown[] = []
  trainer.milestones$.subscribe(event => event.type === 'command' && commands.push(event.command))
  expect(await trainer.send({ type: 'stepsPerSecond', stepsPerSecond: 20 })).toMatchObject({
    stepsPerSecond: 20,
  })
  expect(commands).toEqual([{ type: 'stepsPerSecond', stepsPerSecond: 20 }])
})

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '20'])(
  '%s is no stepsPerSecond',
  async stepsPerSecond => {
    expect(errorOf(() => trial({ stepsPerSecond: stepsPerSecond as number }))).toMatchObject({
      code: 'INVALID_OPTION',
    })
    const { trainer } = trial()
    expect(errorOf(() => trainer.setStepsPerSecond(stepsPerSecond as number))).toMatchObject({
      code: 'INVALID_OPTION',
    })
    const refused = await rejectionOf(
      trainer.send({ type: 'stepsPerSecond', stepsPerSecond: stepsPerSecond as number }),
    )
    expect(refused).toMatchObject({ code: 'INVALID_COMMAND' })
    expect(trainer.state.stepsPerSecond).toBeNull()
  },
)
