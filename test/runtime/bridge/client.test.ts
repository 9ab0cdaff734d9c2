/** The client: it comes back by itself, goes on where it was, and ends when it should. */
import { connectBridge, memoryTransport, type TrainerEvent } from 'gradstream'
import { VirtualTimeScheduler } from 'rxjs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Transport } from '../../../client.ts'
import { errorOf, rejectionOf } from '../support.ts'
import { type Bridged, bridged, onLine, standing, TOKENS } from './support.ts'

let run: Bridged

beforeEach(async () => {
  run = await bridged({}, { tokens: TOKENS })
})
afterEach(() => run.close())

describe('who comes back', () => {
  test('gets what is missing: a patch, not the whole state', async () => {
    const { client, line } = onLine(run)
    await run.clock.pass(50)
    expect(line.heard).toEqual(['welcome', 'snapshot'])
    line.cut()
    line.heard.length = 0
    void run.trainer.step(7)
    await run.clock.pass(400)
    expect(line.heard.slice(0, 2)).toEqual(['welcome', 'patch'])
    expect(line.heard).not.toContain('snapshot')
    expect(client.state).toEqual(run.trainer.state)
  })

  test('to another run at the same address begins anew, with its events', async () => {
    const { client, line } = onLine(run)
    const events: TrainerEvent[] = []
    client.events$.subscribe(event => events.push(event))
    void run.trainer.step(1)
    await run.clock.pass(50)
    const second = await bridged({ runId: 'second' }, { tokens: TOKENS })
    void second.trainer.step(1)
    await second.clock.pass(50)
    line.to = memoryTransport(second.bridge)
    line.cut()
    line.heard.length = 0
    const before = events.length
    await run.clock.pass(200)
    expect(line.heard.slice(0, 2)).toEqual(['welcome', 'snapshot'])
    expect(client.state).toEqual(second.trainer.state)
    expect(client.state?.runId).toBe('second')
    expect(events.length).toBeGreaterThan(before)
    await second.close()
  })

  test('hears what happens once, in order, also what happened meanwhile', async () => {
    const { client, line } = onLine(run)
    const heard: TrainerEvent[] = []
    const happened: TrainerEvent[] = []
    client.events$.subscribe(event => heard.push(event))
    run.trainer.milestones$.subscribe(event => happened.push(event))
    void run.trainer.run()
    for (let i = 0; i < 6; i++) {
      await run.clock.pass(200)
      line.cut()
      void run.trainer.pause()
      await run.clock.pass(30)
      run.trainer.resume()
    }
    void run.trainer.pause()
    await run.clock.pass(1000)
    const texts = (events: readonly TrainerEvent[]) => events.map(event => JSON.stringify(event))
    const isMajor = ({ type }: TrainerEvent) => type !== 'epoch'
    expect(texts(heard.filter(isMajor))).toEqual(texts(happened.filter(isMajor)))
    // Of epochs that end faster than the state is published, the last is told.
    expect(heard.length).toBeGreaterThan(30)
    const told = new Set(texts(heard))
    expect(texts(heard)).toEqual(texts(happened).filter(text => told.has(text)))
    expect(heard.length).toBeLessThan(happened.length)
  })

  test('waits longer each time, with some chance in it, and never longer than the most', async () => {
    const { client, line } = onLine(run)
    const seen = standing(client)
    await run.clock.pass(20)
    line.to = undefined
    line.cut()
    const attempts: number[] = []
    let last = run.clock.now()
    for (let known = seen.length; attempts.length < 12; known = seen.length) {
      while (seen.length === known) await run.clock.pass(5, 5)
      attempts.push(run.clock.now() - last)
      last = run.clock.now()
    }
    for (const [i, waited] of attempts.entries()) {
      const longest = Math.min(100 * 2 ** i, 1000)
      expect(waited).toBeGreaterThanOrEqual(longest / 2 - 10)
      expect(waited).toBeLessThanOrEqual(longest + 10)
    }
    expect(new Set(attempts.slice(4)).size).toBeGreaterThan(3)
    line.to = memoryTransport(run.bridge)
    await run.clock.pass(1200)
    expect(seen.at(-1)).toMatchObject({ status: 'open', connections: 2 })
  })

  test('waits alike where chance is alike', async () => {
    const waits = async () => {
      const numbers = [0.1, 0.9, 0.4, 0.7]
      const { client, line } = onLine(run, { random: () => numbers.shift() ?? 0 })
      await run.clock.pass(20)
      line.to = undefined
      line.cut()
      const start = run.clock.now()
      const lost: number[] = []
      client.connection$.subscribe(() => lost.push(run.clock.now() - start))
      await run.clock.pass(2000, 1)
      client.close()
      return lost
    }
    const first = await waits()
    expect(first.length).toBeGreaterThan(4)
    expect(await waits()).toEqual(first)
  })

  test('says why it has to wait', async () => {
    const { client, line } = onLine(run)
    await run.clock.pass(20)
    line.to = undefined
    line.cut()
    expect(standing(client)).toMatchObject([{ status: 'waiting', reason: 'the connection was lost' }])
    await run.clock.pass(150)
    expect(standing(client)).toMatchObject([{ status: 'waiting', reason: 'no answer' }])
    line.to = events => {
      queueMicrotask(() => events.close(4429, 'there are too many clients'))
      return { send: () => undefined, close: () => undefined }
    }
    await run.clock.pass(400)
    expect(standing(client)).toMatchObject([{ reason: 'there are too many clients' }])
    line.to = memoryTransport(run.bridge)
    await run.clock.pass(1200)
    expect(standing(client)).toMatchObject([{ status: 'open', reason: undefined }])
  })

  test('watches again what it watched', async () => {
    const { client, line } = onLine(run)
    const steps: number[] = []
    client
      .watch({ node: 'dense1', of: 'forward', what: 'stats', every: 1 })
      .subscribe(({ step }) => steps.push(step))
    await run.clock.pass(20)
    await Promise.all([run.trainer.step(3), run.clock.pass(100)])
    line.cut()
    await run.clock.pass(200)
    await Promise.all([run.trainer.step(3), run.clock.pass(100)])
    // To begin with, who comes is told what there was last.
    expect(steps).toEqual([1, 2, 3, 3, 4, 5, 6])
  })

  test('comes back by itself from a bridge that has fallen silent', async () => {
    const { client, line } = onLine(run)
    const seen = standing(client)
    await run.clock.pass(20)
    const deaf = new VirtualTimeScheduler()
    const own = line.to as Transport
    line.to = events => own({ ...events, message: () => deaf.schedule(() => undefined) })
    line.cut()
    await run.clock.pass(15_000, 200)
    line.to = own
    await run.clock.pass(15_000, 200)
    expect(seen.at(-1)).toMatchObject({ status: 'open', connections: 2 })
  })
})

describe('there is no second attempt', () => {
  test('with a wrong token', async () => {
    const { client, line } = onLine(run, { token: 'not-the-right-token' })
    const error = rejectionOf(new Promise((_, reject) => client.state$.subscribe({ error: reject })))
    await run.clock.pass(5000, 100)
    expect(await error).toMatchObject({ code: 'UNAUTHORIZED', expected: 'a valid token' })
    expect(line.said).toHaveLength(1)
    expect(await rejectionOf(client.send({ type: 'pause' }))).toMatchObject({ code: 'UNAUTHORIZED' })
  })

  test('where it is not wanted', async () => {
    const { client, line } = onLine(run, { reconnect: false })
    const error = rejectionOf(new Promise((_, reject) => client.events$.subscribe({ error: reject })))
    await run.clock.pass(20)
    line.cut()
    await run.clock.pass(5000, 100)
    expect(await error).toMatchObject({ code: 'DISCONNECTED' })
  })

  test('after something that the bridge does not say', async () => {
    const { client, line } = onLine(run)
    const own = line.to as Transport
    line.to = events => {
      const connection = own(events)
      queueMicrotask(() => events.message('{ "type": '))
      return connection
    }
    line.cut()
    const error = rejectionOf(new Promise((_, reject) => client.state$.subscribe({ error: reject })))
    await run.clock.pass(2000)
    expect(await error).toMatchObject({ code: 'INVALID_MESSAGE', place: 'connectBridge' })
  })
})

describe('a client that is closed', () => {
  test('completes all its streams, and what it has asked is refused', async () => {
    const { client } = onLine(run)
    await run.clock.pass(20)
    const completed: string[] = []
    const complete = (name: string) => ({ complete: () => completed.push(name) })
    client.state$.subscribe(complete('state'))
    client.events$.subscribe(complete('events'))
    client.connection$.subscribe(complete('connection'))
    client.watch({ node: 'dense1', of: 'forward', what: 'full' }).subscribe(complete('watch'))
    const asked = rejectionOf(client.series('loss'))
    client.close()
    client.close()
    expect(completed.toSorted()).toEqual(['connection', 'events', 'state', 'watch'])
    expect(await asked).toMatchObject({ code: 'DISCONNECTED' })
    await run.clock.pass(20)
    expect(run.bridge.clients).toEqual([])
  })

  test('says how it stood to those who ask later, and why', async () => {
    const { client } = onLine(run)
    await run.clock.pass(20)
    client.close()
    expect(standing(client)).toMatchObject([{ status: 'closed', connections: 1, role: 'controller' }])
    const refused = onLine(run, { token: 'not-the-right-token' }).client
    await run.clock.pass(20)
    expect(standing(refused)).toMatchObject([{ status: 'closed', reason: 'the token is wrong' }])
  })

  test('leaves nothing behind that would go on', async () => {
    const { client, line } = onLine(run)
    await run.clock.pass(20)
    line.to = undefined
    line.cut()
    client.close()
    const scheduled = run.clock.actions.length
    await run.clock.pass(20_000, 500)
    expect(run.clock.actions.length).toBeLessThanOrEqual(scheduled)
    expect(line.said).toHaveLength(1)
  })
})

describe('bad input', () => {
  test.each([
    ['', {}],
    ['nowhere', {}],
    ['ftp://127.0.0.1/#token', {}],
    ['http://127.0.0.1:8080/', {}],
    ['http://127.0.0.1:8080/#token', { retries: 3 }],
    ['http://127.0.0.1:8080/#token', { name: 7 }],
    ['http://127.0.0.1:8080/#token', { reconnect: { first: -1 } }],
    ['http://127.0.0.1:8080/#token', { random: 0.5 }],
    [null, {}],
  ])('connectBridge(%j, %j)', (to, options) => {
    expect(errorOf(() => connectBridge(to as string, options as never)).code).toBe('INVALID_OPTION')
  })
})
