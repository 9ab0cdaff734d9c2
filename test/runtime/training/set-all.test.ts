/** Several optimizers and links in one command: all of it, or nothing. */
import {
  type Command,
  clipByNorm,
  compile,
  createTrainer,
  dense,
  graph,
  input,
  meanSquaredError,
  schedule,
  sgd,
} from 'gradstream'
import { VirtualTimeScheduler } from 'rxjs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rejectionOf, samples } from '../support.ts'

/** Two networks with an optimizer each, and a link behind one. */
function two() {
  const [x, target] = [input({ name: 'x', shape: [2] }), input({ name: 'target', shape: [1] })]
  const lossOf = (name: string) =>
    meanSquaredError({ name })(dense({ name: `${name}Layer`, units: 1 })(x), target)
  const definition = graph({
    one: lossOf('a').pipe(clipByNorm({ name: 'clip', norm: 1 }), sgd({ name: 'first', learningRate: 0.1 })),
    two: lossOf('b').pipe(sgd({ name: 'second', learningRate: 0.2, momentum: 0.5 })),
  })
  const trainer = createTrainer(compile(definition, { seed: 1 }), {
    data: samples(4),
    epochs: 3,
    scheduler: new VirtualTimeScheduler(),
  })
  onTestFinished(() => trainer.dispose())
  return trainer
}

type SetAll = Extract<Command, { type: 'setAll' }>
const command = (values: SetAll['values'], more: Partial<SetAll> = {}): SetAll => ({
  type: 'setAll',
  values,
  ...more,
})

test('sets all values in one revision, and is one event with its name', async () => {
  const trainer = two()
  const events: unknown[] = []
  trainer.milestones$.subscribe(event => events.push(event))
  const values = {
    first: { learningRate: 0.01 },
    second: { learningRate: 0.02, nesterov: true },
    clip: { norm: 2 },
  }
  const state = await trainer.send(command(values, { name: 'fine' }), 'Ada')
  expect(state).toMatchObject({ revision: 1, hyperparameters: values })
  expect(state.hyperparameters.second).toMatchObject({ momentum: 0.5 })
  expect(events).toMatchObject([
    { type: 'command', author: 'Ada', command: { type: 'setAll', name: 'fine', values } },
  ])
})

test('takes schedules, and numbers in their place', async () => {
  const trainer = two()
  const cosine = schedule.cosine({ initial: 0.1, steps: 10 })
  await trainer.send(command({ first: { learningRate: cosine }, second: { learningRate: cosine } }))
  expect(trainer.state.follows).toMatchObject({
    first: { learningRate: cosine },
    second: { learningRate: cosine },
  })
  await trainer.send(command({ first: { learningRate: 0.5 } }))
  expect(trainer.state.follows).toMatchObject({ first: {}, second: { learningRate: cosine } })
})

describe('changes nothing', () => {
  test.each<[string, SetAll['values'], string]>([
    [
      'for a value that is not valid',
      { first: { learningRate: 0.5 }, second: { learningRate: -1 } },
      'INVALID_CONFIG',
    ],
    [
      'for a name that there is not',
      { first: { learningRate: 0.5 }, second: { speed: 1 } },
      'INVALID_CONFIG',
    ],
    [
      'for a node that there is not',
      { first: { learningRate: 0.5 }, third: { learningRate: 1 } },
      'UNKNOWN_NAME',
    ],
    [
      'for a node that has no hyper-parameters',
      { first: { learningRate: 0.5 }, aLayer: { units: 1 } },
      'UNKNOWN_NAME',
    ],
  ])('%s', async (_, values, code) => {
    const trainer = two()
    const before = trainer.state
    expect((await rejectionOf(trainer.send(command(values)))).code).toBe(code)
    expect(trainer.state).toBe(before)
  })

  test('if one of the values has changed since, and only then', async () => {
    const trainer = two()
    await trainer.set('second', { momentum: 0.25 })
    const values = { first: { learningRate: 0.5 }, second: { momentum: 0.75 } }
    const before = trainer.state
    expect((await rejectionOf(trainer.send(command(values, { revision: 0 })))).code).toBe('REVISION_CONFLICT')
    expect(trainer.state).toBe(before)
    await trainer.send(
      command({ first: { learningRate: 0.5 }, second: { learningRate: 0.1 } }, { revision: 0 }),
    )
    await trainer.send(command(values, { revision: trainer.state.revision }))
    expect(trainer.state.revision).toBe(3)
  })

  test('with nothing in it', async () => {
    const trainer = two()
    const before = trainer.state
    expect(await trainer.send(command({}))).toBe(before)
    expect(await trainer.send(command({ first: {}, clip: {} }))).toBe(before)
  })

  test.each([
    { type: 'setAll' },
    { type: 'setAll', values: null },
    { type: 'setAll', values: { first: 1 } },
    { type: 'setAll', values: { first: null } },
    { type: 'setAll', values: { first: {} }, name: '' },
    { type: 'setAll', values: { first: {} }, name: 'x'.repeat(65) },
    { type: 'setAll', values: { first: {} }, revision: -1 },
    { type: 'setAll', values: { first: {} }, node: 'first' },
  ])('for what is no such command: %j', async given => {
    const trainer = two()
    expect((await rejectionOf(trainer.send(given as never))).code).toBe('INVALID_COMMAND')
    expect(trainer.state.revision).toBe(0)
  })
})
