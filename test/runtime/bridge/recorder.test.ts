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
