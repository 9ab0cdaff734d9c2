/** What is recorded of a run for charts, whether somebody watches or not. */
import { fromArrays, type TrainerOptions } from 'gradstream'
import { expect, test } from 'vitest'
import { Recorder } from '../../../runtime/bridge/server/recorder.ts'
import { finish, rows, samples, trial } from '../support.ts'

const FAR = { ...rows(6, 2), target: rows(6, 2).target.map(() => [1000]) }

test.each([10, 160])(
  'while nobody watches, the loss is that of the last training batch, whatever the validation gives: %i samples',
  async count => {
    const options: Partial<TrainerOptions> = {
      data: samples(count),
      validation: fromArrays(FAR),
      epochs: 60,
      publishTime: 0,
      sliceTime: 0,
    }
    // Who listens to each step is told the loss of each.
    const twin = trial(options)
    const losses = new Map<number, number>()
    twin.trainer.events$.subscribe(event => event.type === 'step' && losses.set(event.step, event.loss))
    await finish(twin.trainer, twin.scheduler)

    const { trainer, scheduler, model } = trial(options)
    const recorder = new Recorder(trainer)
    // A prediction for all inputs computes a loss as well.
    trainer.milestones$.subscribe(() => void model.predict(FAR))
    await finish(trainer, scheduler)
    const { steps, values } = recorder.range('loss', 0, 1e9, 4000)
    expect(steps.length).toBeGreaterThan(50)
    expect(values).toEqual(steps.map(step => losses.get(step)))
  },
)

/** A run whose steps take so many milliseconds, with a recorder that nobody asks. */
async function unwatched(stepTime: number, epochs: number) {
  const { trainer, scheduler } = trial({ data: samples(160), epochs, publishTime: 50, sliceTime: 5 })
  const losses = new Map<number, number>()
  trainer.eachLoss((step, loss) => {
    losses.set(step, loss)
    scheduler.frame += stepTime
  })
  const recorder = new Recorder(trainer)
  await finish(trainer, scheduler)
  return { trainer, losses, range: recorder.range('loss', 0, 1e9, 1e9) }
}

test('while nobody watches, each loss of steps that take some time is recorded', async () => {
  const { losses, range } = await unwatched(0.1, 200)
  expect(losses.size).toBe(8000)
  expect(range.steps).toEqual([...losses.keys()])
  expect(range.values).toEqual([...losses.values()])
})

test('of faster steps, so many are recorded that they cost a thousandth of the time, from the first to the last', async () => {
  const stepTime = 0.02
  const { losses, range } = await unwatched(stepTime, 500)
  const steps = losses.size
  const counted = range.means.counts.reduce((sum, count) => sum + count, 0)
  const allowed = 4096 + 10 * stepTime * steps
  expect(counted).toBeLessThan(allowed + steps * stepTime)
  expect(counted).toBeGreaterThan(0.8 * allowed)
  expect([range.steps[0], range.steps.at(-1)]).toEqual([1, steps])
  for (const [i, step] of range.steps.entries()) expect(range.values[i]).toBe(losses.get(step))
  // Nowhere is there a gap of more than what lies between two publications.
  const widest = Math.max(...range.steps.slice(1).map((step, i) => step - (range.steps[i] as number)))
  expect(widest).toBeLessThan(2 * (50 / stepTime))
})

test('who is opened late has the figures of all epochs that are over', async () => {
  const { trainer, scheduler } = trial({ data: samples(16), validation: samples(8), epochs: 90 })
  await finish(trainer, scheduler)
  const recorder = new Recorder(trainer)
  for (const name of ['loss', 'validationLoss']) {
    const { steps, values } = recorder.range(`metrics.${name}`, 0, 1e9, 4000)
    expect(steps).toEqual(trainer.state.history.map(({ step }) => step))
    expect(values).toEqual(trainer.state.history.map(({ metrics }) => metrics[name]))
  }
})
