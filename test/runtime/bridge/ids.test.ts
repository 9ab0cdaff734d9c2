/** Ids are a client's own: what is answered as done was done, once, whatever others have sent under the same ids. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Outcomes } from '../../../runtime/bridge/server/outcomes.ts'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { Guest, scene } from './attacks/support.ts'

let stage: Awaited<ReturnType<typeof scene>>
beforeEach(async () => {
  stage = await scene()
})
afterEach(() => stage.trainer.stop())

const pause = { type: 'pause' }
const start = { type: 'start' }
const set = (learningRate: number) => ({ type: 'set', node: 'sgd1', values: { learningRate } })
const rateNow = () => stage.trainer.model.node('sgd1').config.learningRate

const command = (id: string, what: object) => ({ type: 'command', id, command: what })
const welcomeOf = ({ messages }: Guest) =>
  messages.find(({ type }) => type === 'welcome') as unknown as Record<'session' | 'client' | 'run', string>

const join = (more: object = {}) => new Guest(stage.bridge).hello(stage.bridge.tokens.controller, more)

test('a command with the id of another client is done all the same', async () => {
  const [first, second] = [await join(), await join()]
  await first.ask(command('a1', set(0.3)))
  expect(rateNow()).toBe(0.3)
  const answer = await second.ask(command('a1', pause))
  expect(answer.error?.code).toBe('NOT_AVAILABLE')
  await second.ask(command('a2', set(0.4)))
  expect(rateNow()).toBe(0.4)
  expect((await second.ask(command('a3', { type: 'dance' }))).error?.code).toBe('INVALID_COMMAND')
})

test('a script that counts a1, a2, ... works each time that it is started', async () => {
  for (const rate of [0.31, 0.32, 0.33]) {
    const script = await join()
    await script.ask(command('a1', set(rate)))
    expect(rateNow()).toBe(rate)
    script.socket.terminate()
  }
})

test('the same again is answered again, and not done again, also over another connection of the same client', async () => {
  const first = await join()
  const { session, client } = welcomeOf(first)
  await first.ask(command('a1', set(0.3)))
  await stage.trainer.set('sgd1', { learningRate: 0.5 })
  const { revision } = stage.trainer.state
  const again = await join({ session, client })
  expect(welcomeOf(again).client).toBe(client)
  expect((await again.ask(command('a1', set(0.3)))).error).toBeUndefined()
  expect([rateNow(), stage.trainer.state.revision]).toEqual([0.5, revision])
})

test('an id that stands for something else is refused, a command and a query alike', async () => {
  const guest = await join()
  await guest.ask(command('a1', set(0.3)))
  const other = guest.messages.length
  guest.send(command('a1', start))
  const query = { node: 'dense1', of: 'forward', what: 'stats', every: 1 }
  await guest.ask({ type: 'watch', id: 'w1', query })
  const refused = guest.messages.slice(other).find(({ id }) => id === 'a1')
  expect(refused?.error).toMatchObject({ code: 'INVALID_MESSAGE', got: '"a1"' })
  expect(stage.trainer.state.status).toBe('idle')
  guest.send({ type: 'watch', id: 'w1', query })
  await guest.ask({ type: 'series', id: 's0', name: 'loss' })
  guest.send({ type: 'watch', id: 'w1', query: { ...query, what: 'full' } })
  await guest.ask({ type: 'series', id: 's1', name: 'loss' })
  const answers = guest.messages.filter(({ id }) => id === 'w1').map(({ error }) => error?.code)
  expect(answers).toEqual([undefined, undefined, 'INVALID_MESSAGE'])
})

test('nobody becomes another client by guessing its name, or by that of another session', async () => {
  const first = await join()
  const { session, client } = welcomeOf(first)
  for (const more of [
    { session: 'another', client },
    { client },
    { session, client: 'guessed' },
    { session },
  ])
    expect(welcomeOf(await join(more)).client).not.toBe(client)
})

test('with clients that come, go and count as they like, each command is done once, by its own client', async () => {
  for (let seed = 0; seed < countOf({ usual: 3, full: 40 }); seed++) {
    const dice = new Dice(seed)
    const done: string[] = []
    const told = stage.trainer.events$.subscribe(event => {
      if (event.type === 'command' && event.command.type === 'set' && !event.error)
        done.push(JSON.stringify(event.command.values))
    })
    /** What each client has sent so far, by id. */
    const clients = await Promise.all(
      Array.from({ length: 3 }, async () => ({ guest: await join(), sent: new Map<string, number>() })),
    )
    let count = 0
    const wanted: string[] = []
    for (let i = 0; i < 30; i++) {
      const client = dice.pick(clients)
      if (dice.below(6) === 0) {
        const { session, client: name } = welcomeOf(client.guest)
        client.guest.socket.terminate()
        const isBack = dice.below(2) === 0
        client.guest = await join(isBack ? { session, client: name } : {})
        if (!isBack) client.sent.clear()
      }
      const id = `a${dice.below(4)}`
      const known = client.sent.get(id)
      const isSame = dice.below(2) === 0
      const rate = known !== undefined && isSame ? known : 0.001 * ++count + seed
      const { error } = await client.guest.ask(command(id, set(rate)))
      if (known === undefined) {
        client.sent.set(id, rate)
        wanted.push(JSON.stringify({ learningRate: rate }))
      }
      expect(error?.code).toBe(known === undefined || known === rate ? undefined : 'INVALID_MESSAGE')
      // The next answer to this id is another message.
      client.guest.messages.splice(1)
    }
    expect(done).toEqual(wanted)
    told.unsubscribe()
    for (const { guest } of clients) guest.socket.terminate()
  }
})

test('a bridge that is opened anew is another session of the same run, and another trainer is another run', async () => {
  const first = welcomeOf(await join())
  const { openBridge } = await import('gradstream')
  const second = await openBridge(stage.trainer, { port: 0, print: () => undefined })
  const anew = welcomeOf(await new Guest(second).hello(second.tokens.viewer))
  expect(anew.run).toBe(first.run)
  expect(anew.session).not.toBe(first.session)
  await second.close()
  const other = await scene()
  const theirs = welcomeOf(await new Guest(other.bridge).hello(other.bridge.tokens.viewer))
  expect(theirs.run).not.toBe(first.run)
})

test('of many clients that come and go, one that stays is not forgotten', async () => {
  const outcomes = new Outcomes(2)
  const staying = outcomes.enter(undefined)
  let done = 0
  const once = () => outcomes.once(staying, 'a1', 'pause', async () => ++done)
  for (let others = 0; others < 2000; others++) {
    outcomes.enter(undefined)
    if (others % 100 === 0) expect(await once()).toBe(1)
  }
})
