/** What a run and its bridge cost, as clients hear it. */
import type { SystemFigures } from 'gradstream'
import { expect, onTestFinished, test } from 'vitest'
import { SystemMeter } from '../../../runtime/bridge/server/system-meter.ts'
import { QuickDice } from '../../support/dice.ts'
import { bridged } from './support.ts'

/** A meter whose clock and counters are set by hand. */
function metered() {
  const world = { time: 0, steps: 0, training: 0, watching: 0, waiting: 0 }
  const meter = new SystemMeter(
    () => world.time,
    () => world,
  )
  return { world, meter }
}

test('the shares are those of the time since the last measurement', () => {
  const { world, meter } = metered()
  Object.assign(world, { time: 1000, steps: 400, training: 800, watching: 20, waiting: 100 })
  expect(meter.read()).toMatchObject({
    stepTime: 2,
    trainingShare: 0.8,
    watchingShare: 0.02,
    waitingShare: 0.1,
  })
  Object.assign(world, { time: 3000, steps: 500, training: 1800, watching: 40, waiting: 1100 })
  expect(meter.read()).toMatchObject({
    stepTime: 10,
    trainingShare: 0.5,
    watchingShare: 0.01,
    waitingShare: 0.5,
  })
})

test('there is no time of a step before the first, and the last one stays while the run rests', () => {
  const { world, meter } = metered()
  expect(meter.read().stepTime).toBeNull()
  world.time = 1000
  expect(meter.read().stepTime).toBeNull()
  Object.assign(world, { time: 2000, steps: 5, training: 100 })
  expect(meter.read().stepTime).toBe(20)
  world.time = 3000
  expect(meter.read()).toMatchObject({ stepTime: 20, trainingShare: 0 })
})

test('who asks often gets the same figures, however many ask', () => {
  const { world, meter } = metered()
  Object.assign(world, { time: 1000, steps: 10, training: 500 })
  const first = meter.read()
  Object.assign(world, { time: 1500, steps: 20, training: 510 })
  expect(meter.read()).toBe(first)
})

test('shares stay between 0 and 1, and figures finite, whatever the counters do', () => {
  const dice = new QuickDice(4)
  const { world, meter } = metered()
  for (let i = 0; i < 200; i++) {
    world.time += 2000 * dice.next()
    // A last piece of work may end later than it was measured.
    for (const name of ['training', 'watching', 'waiting'] as const) world[name] += 2500 * dice.next()
    world.steps += dice.next() < 0.3 ? 0 : Math.floor(100 * dice.next())
    const { stepTime, ...figures } = meter.read()
    for (const [name, value] of Object.entries(figures)) {
      expect(Number.isFinite(value), name).toBe(true)
      expect(value, name).toBeGreaterThanOrEqual(0)
      if (name.endsWith('Share')) expect(value, name).toBeLessThanOrEqual(1)
    }
    expect(stepTime === null || Number.isFinite(stepTime)).toBe(true)
  }
})

test('a client hears of the system every second, also while the run rests, and a later subscriber at once', async () => {
  const run = await bridged()
  onTestFinished(() => run.close())
  const client = run.connect()
  const seen: SystemFigures[] = []
  let isComplete = false
  client.system$.subscribe({ next: figures => seen.push(figures), complete: () => (isComplete = true) })
  await run.clock.pass(3500, 100)
  expect(seen).toHaveLength(3)
  expect(seen.at(-1)).toMatchObject({ stepTime: null, trainingShare: 0, waitingShare: 0 })
  expect(seen.at(-1)?.memory).toBeGreaterThan(1e6)
  void run.trainer.run()
  await run.clock.pass(1100, 100)
  expect(seen.at(-1)?.trainingShare).toBeGreaterThan(0)
  expect(seen.at(-1)?.stepTime).toBeGreaterThan(0)
  let latest: SystemFigures | undefined
  client.system$.subscribe(figures => {
    latest = figures
  })
  expect(latest).toEqual(seen.at(-1))
  client.close()
  expect(isComplete).toBe(true)
})
