/** What is published to viewers is what the trainer publishes anyway: watching makes no further states. */
import { expect, test } from 'vitest'
import { bridged } from './support.ts'

/** A run with somebody who watches its state for two seconds, and how many states were made, published and received meanwhile. */
async function watched(publishTime: number) {
  const run = await bridged({ publishTime })
  const client = run.connect()
  await run.clock.pass(100)
  void run.trainer.run()
  await run.clock.pass(200)
  const counts = { made: 0, published: 0, received: 0 }
  const steps: number[] = []
  run.trainer.patches$.subscribe(() => counts.made++)
  run.trainer.state$.subscribe(() => counts.published++)
  client.state$.subscribe(({ step }) => {
    counts.received++
    steps.push(step)
  })
  await run.clock.pass(2000)
  return { run, client, counts, steps }
}

test('a state that the trainer has just published is not made again for viewers', async () => {
  const { run, counts } = await watched(50)
  expect(counts.published).toBeGreaterThan(20)
  expect(counts.received).toBeGreaterThan(20)
  expect(counts.made).toBeLessThanOrEqual(counts.published + 2)
  await run.close()
})

test('viewers have a new state at each update of the bridge, however seldom the trainer publishes', async () => {
  const { run, counts } = await watched(100_000)
  expect(counts.published).toBeLessThan(5)
  expect(counts.received).toBeGreaterThan(20)
  await run.close()
})

test.each([10, 50, 70, 100_000])(
  'the steps never go back, and at rest they are those of the run: publishTime %d',
  async publishTime => {
    const { run, client, steps } = await watched(publishTime)
    for (let i = 0; i < 5; i++) {
      await Promise.all([client.send({ type: 'pause' }), run.clock.pass(30)])
      await Promise.all([client.send({ type: 'resume' }), run.clock.pass(90)])
    }
    await Promise.all([run.trainer.pause(), run.clock.pass(200)])
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    expect(client.state).toEqual(run.trainer.state)
    await run.close()
  },
)
