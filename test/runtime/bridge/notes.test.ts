/** Notes: what people say about steps of a run, as commands and as part of the state. */
import type { Trainer } from 'gradstream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Command, TrainerEvent } from '../../../client.ts'
import { rejectionOf } from '../support.ts'
import { type Bridged, bridged } from './support.ts'

let run: Bridged

beforeEach(async () => {
  run = await bridged()
})
afterEach(() => run.close())

const MOST = 200
const LONGEST = 500

const note = (text: string, step?: number): Command => ({
  type: 'note',
  text,
  ...(step !== undefined && { step }),
})
const textsOf = ({ state }: Pick<Trainer, 'state'>) => state.notes.map(({ text }) => text)

async function soon<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  await run.clock.pass(100)
  return promise
}

test('reaches everyone with its step, author and time, also those who come later', async () => {
  const client = run.connect({ name: 'Ada' })
  const events: TrainerEvent[] = []
  run.trainer.events$.subscribe(event => events.push(event))
  await run.clock.pass(20)
  await soon(run.trainer.step(7))
  await soon(client.send(note('here it begins to learn', 3)))
  await soon(client.send(note('now')))
  const made = [
    { id: 1, step: 3, text: 'here it begins to learn' },
    { id: 2, step: 7, text: 'now' },
  ]
  const late = run.connect()
  await run.clock.pass(200)
  for (const { state } of [run.trainer, client, late]) {
    expect(state?.notes).toMatchObject(made)
    for (const { author, time } of state?.notes ?? []) {
      expect(author).toMatch(/^Ada \(controller \d+\)$/)
      expect(time).toBeLessThanOrEqual(run.clock.now())
    }
  }
  expect(events.filter(({ type }) => type === 'command')).toMatchObject([
    { command: note('here it begins to learn', 3), author: expect.stringContaining('Ada') },
    { command: note('now') },
  ])
})

test('deletes a note once, and never uses its id again', async () => {
  const { trainer } = run
  for (const text of ['a', 'b', 'c']) await trainer.send(note(text))
  await trainer.send({ type: 'deleteNote', id: 3 }, 'somebody')
  expect(textsOf(trainer)).toEqual(['a', 'b'])
  expect(await rejectionOf(trainer.send({ type: 'deleteNote', id: 3 }))).toMatchObject({
    code: 'NOT_AVAILABLE',
  })
  await trainer.send(note('d'))
  expect(trainer.state.notes.map(({ id }) => id)).toEqual([1, 2, 4])
})

test('refuses what is empty, too long, about the future, or one too many', async () => {
  const { trainer } = run
  const invalid = [
    { type: 'note' },
    note(''),
    note(' \n'),
    note('x'.repeat(LONGEST + 1)),
    note('then', 1),
    note('before', -1),
    { type: 'note', text: 5 },
    { type: 'note', text: 'a', author: 'somebody else' },
    { type: 'deleteNote' },
    { type: 'deleteNote', id: 'a' },
  ]
  for (const command of invalid)
    expect(await rejectionOf(trainer.send(command as Command))).toMatchObject({ code: 'INVALID_COMMAND' })
  expect(trainer.state.notes).toEqual([])
  await trainer.send(note('x'.repeat(LONGEST)))
  for (let i = 1; i < MOST; i++) await trainer.send(note(`note ${i}`))
  expect(await rejectionOf(trainer.send(note('one more')))).toMatchObject({ code: 'NOT_AVAILABLE' })
  await trainer.send({ type: 'deleteNote', id: 5 })
  await trainer.send(note('one more'))
  expect(trainer.state.notes).toHaveLength(MOST)
})

test('a change of hyper-parameters is told with what was there before', async () => {
  const events: TrainerEvent[] = []
  run.trainer.events$.subscribe(event => events.push(event))
  const before = run.trainer.model.node('sgd1').config.learningRate
  const set = (learningRate: number): Command => ({ type: 'set', node: 'sgd1', values: { learningRate } })
  await run.trainer.send(set(0.5), 'Ada')
  await run.trainer.send(set(0.25), 'Bob')
  await rejectionOf(run.trainer.send(set(-1), 'Bob'))
  await run.trainer.send({ type: 'step' })
  expect(events.filter(({ type }) => type === 'command')).toMatchObject([
    { author: 'Ada', before: { learningRate: before } },
    { author: 'Bob', before: { learningRate: 0.5 } },
    { author: 'Bob', error: { code: 'INVALID_CONFIG' } },
    { command: { type: 'step' } },
  ])
  for (const event of events.filter(({ type }) => type === 'command').slice(2))
    expect(event).not.toHaveProperty('before')
})
