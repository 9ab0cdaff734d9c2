/** What may be a mistake is told once, on a stream that also late subscribers hear whole, on the console, and to those elsewhere. */
import {
  compile,
  createTrainer,
  dense,
  fromArrays,
  fromIterable,
  fromObservable,
  type GradstreamError,
  graph,
  input,
  meanSquaredError,
  sgd,
  sigmoid,
  softmax,
  type Trainer,
  type TrainerEvent,
  validate,
  type Warning,
} from 'gradstream'
import { from, take } from 'rxjs'
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest'
import { EmissionOrder, Warnings } from '../../../core/index.ts'
import { Dice } from '../../support/dice.ts'
import { finish, samples, trial } from '../support.ts'

let said: MockInstance<typeof console.warn>
beforeEach(() => {
  said = vi.spyOn(console, 'warn').mockReturnValue(undefined)
})
afterEach(() => said.mockRestore())

const x = input({ name: 'x', shape: [2] })
const target = input({ name: 'target', shape: [1] })

/** A softmax over one unit in the middle, and targets that the sigmoid at the end never comes to. */
const net = () => {
  const loss = meanSquaredError()(
    x.pipe(dense({ units: 1, name: 'narrow' }), softmax(), dense({ units: 1 }), sigmoid()),
    target,
  )
  return graph({ loss, update: loss.pipe(sgd()) })
}
/** A network without a mistake. */
const plain = () => {
  const loss = meanSquaredError()(x.pipe(dense({ units: 1 })), target)
  return graph({ loss, update: loss.pipe(sgd({ learningRate: 0.01 })) })
}
const rows = [
  { x: [1, 2], target: [3] },
  { x: [2, 1], target: [4] },
]
const data = fromArrays({ x: rows.map(row => row.x), target: rows.map(row => row.target) })
const stream = fromIterable(rows)

/** Everything that a stream of warnings tells, and whether it ended. */
function heardOf({ warnings$ }: Trainer) {
  const heard = { warnings: [] as Warning[], ended: false }
  warnings$.subscribe({
    next: warning => heard.warnings.push(warning),
    complete: () => {
      heard.ended = true
    },
  })
  return heard
}

test('those of the graph and those of the data are told when the trainer is made, and to whoever subscribes later', async () => {
  const { trainer, scheduler } = trial({ data }, compile(net()) as never)
  const lines = said.mock.calls.map(([line]) => line)
  expect(lines).toHaveLength(2)
  const first = heardOf(trainer)
  await finish(trainer, scheduler)
  const second = heardOf(trainer)
  await finish(trainer, scheduler)
  trainer.dispose()
  const third = heardOf(trainer)
  for (const { warnings, ended } of [first, second, third]) {
    expect(ended).toBe(true)
    expect(warnings.map(({ code }) => code)).toEqual(['ONE_CLASS', 'TARGET_OUT_OF_REACH'])
    expect(warnings.map(({ message }) => message)).toEqual(lines)
  }
  expect(said).toHaveBeenCalledTimes(2)
  for (const warning of first.warnings) {
    expect(Object.keys(warning).sort()).toEqual(['code', 'hint', 'message', 'place'])
    expect(JSON.parse(JSON.stringify(warning))).toEqual(warning)
    expect(warning.message).toContain(warning.place)
    expect(warning.message).toContain(warning.hint)
  }
  const [fault] = validate(net())
  expect(first.warnings[0]).toEqual({
    code: fault?.code,
    place: fault?.place,
    hint: fault?.hint,
    message: fault?.message,
  })
})

test('one that comes while the run goes on is told then, once, and as an event', async () => {
  const { trainer, scheduler } = trial({ data: stream, epochs: 3, batchSize: 1 }, compile(net()) as never)
  const heard = heardOf(trainer)
  const events: TrainerEvent[] = []
  trainer.milestones$.subscribe(event => events.push(event))
  expect(heard.warnings).toHaveLength(1)
  await finish(trainer, scheduler)
  expect(heard.warnings.map(({ code }) => code)).toEqual(['ONE_CLASS', 'TARGET_OUT_OF_REACH'])
  const alarms = events.flatMap(event => (event.type === 'alarm' ? [event] : []))
  expect(alarms.map(({ code, message }) => ({ code, message }))).toEqual(
    heard.warnings.map(({ code, message }) => ({ code, message })),
  )
  expect(events[0]?.type).toBe('started')
  expect(said).toHaveBeenCalledTimes(2)
  trainer.dispose()
})

test.each([
  ['a stream without a window', fromIterable(rows), true, 1],
  ['a window of one sample', fromIterable(rows, { shuffle: 1 }), true, 1],
  ['an Observable', fromObservable(from(rows)), true, 1],
  ['an Observable as an iterable', fromIterable(from(rows)), true, 1],
  ['a stream with a window', fromIterable(rows, { shuffle: 2 }), true, 0],
  ['an Observable with a window', fromObservable(from(rows), { shuffle: 2 }), true, 0],
  ['samples in memory', data, true, 0],
  ['a stream by default', fromIterable(rows), undefined, 0],
  ['a stream that is not to be shuffled', fromIterable(rows), false, 0],
] as const)('shuffle that does nothing is told: %s, %#', async (_, data, shuffle, count) => {
  const options = { data, epochs: 1, ...(shuffle !== undefined && { shuffle }) }
  const { trainer, scheduler } = trial(options, compile(plain()) as never)
  const heard = heardOf(trainer)
  await finish(trainer, scheduler)
  expect(heard.warnings.map(({ code }) => code)).toEqual(Array(count).fill('SHUFFLE_IGNORED'))
  expect(said.mock.calls.map(([line]) => line)).toEqual(heard.warnings.map(({ message }) => message))
  for (const { place, message, hint } of heard.warnings) {
    expect(place).toBe('createTrainer: data')
    expect(message).toContain('keep the order of the source')
    expect(hint).toContain('fromIterable(source, { shuffle: 1024 })')
  }
  trainer.dispose()
})

test('each trainer tells its own, and one without a mistake tells nothing', () => {
  const quiet = trial({ data: samples(10) }).trainer
  expect(heardOf(quiet).warnings).toEqual([])
  expect(said).not.toHaveBeenCalled()
  const model = compile(net())
  for (const count of [2, 4]) {
    expect(heardOf(createTrainer(model, { data })).warnings).toHaveLength(2)
    expect(said).toHaveBeenCalledTimes(count)
  }
})

test('a subscriber that throws is reported and hurts nobody', async () => {
  const { trainer, scheduler, model } = trial({ data }, compile(net()) as never)
  const reported: GradstreamError[] = []
  model.errors$.subscribe(error => reported.push(error))
  trainer.warnings$.subscribe(() => {
    throw new Error('a page that is gone')
  })
  expect(heardOf(trainer).warnings).toHaveLength(2)
  expect(reported.map(({ place }) => place)).toEqual(Array(2).fill('subscriber of trainer.warnings$'))
  expect((await finish(trainer, scheduler)).status).toBe('finished')
})

test('whenever somebody subscribes, also from within another subscriber, all is heard once and in order', () => {
  for (let seed = 0; seed < 60; seed++) {
    const dice = new Dice(seed)
    const warnings = new Warnings(thrown => {
      throw thrown
    }, new EmissionOrder())
    let next = 0
    const tell = () => {
      const message = `warning ${next++}`
      warnings.add({ code: 'ONE_CLASS', place: 'p', hint: 'h', message, expected: '', got: '' })
    }
    const all: string[][] = []
    const join = () => {
      const heard: string[] = []
      all.push(heard)
      warnings.stream$.subscribe(({ message }) => {
        heard.push(message)
        if (dice.below(9) === 0 && next < 30) tell()
        if (dice.below(9) === 0 && all.length < 12) join()
      })
    }
    for (let turn = 0; turn < 12; turn++) dice.pick([tell, join])()
    // Told again, it is not heard again.
    for (const { message } of [...warnings.all])
      warnings.add({ code: 'ONE_CLASS', place: 'p', hint: 'h', message, expected: '', got: '' })
    const wanted = Array.from({ length: next }, (_, i) => `warning ${i}`)
    for (const heard of all) expect(heard).toEqual(wanted)
  }
})

test('no more than a hundred are kept, whatever is told', () => {
  const warnings = new Warnings(() => undefined, new EmissionOrder())
  for (let i = 0; i < 10_000; i++)
    warnings.add({ code: 'ONE_CLASS', place: 'p', hint: 'h', message: `warning ${i}`, expected: '', got: '' })
  expect(warnings.all).toHaveLength(100)
  expect(said).toHaveBeenCalledTimes(100)
  const few: string[] = []
  warnings.stream$.pipe(take(3)).subscribe(({ message }) => few.push(message))
  expect(few).toEqual(['warning 0', 'warning 1', 'warning 2'])
})
