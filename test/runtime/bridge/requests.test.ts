/** What a client asks: bounded, at a pace that no bridge ends, of the run that it was meant for. */
import { memoryTransport } from 'gradstream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Command, Query, Transport } from '../../../client.ts'
import { serverOf } from '../../../runtime/bridge/server/open-bridge.ts'
import { rejectionOf } from '../support.ts'
import { type Bridged, bridged, onLine, standing, TOKENS } from './support.ts'

/** The answer to a series of which nothing is known yet. */
const NOTHING = { steps: [], values: [], gaps: [], means: { steps: [], values: [], counts: [] } }

let run: Bridged

beforeEach(async () => {
  run = await bridged({}, { tokens: TOKENS })
})
afterEach(() => run.close())

const QUERY: Query = { node: 'dense1', of: 'forward', what: 'stats', every: 1 }

/** Lets time pass until something promised has come. */
async function soon<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  await run.clock.pass(50)
  return promise
}

test('128 requests may wait at a time, one more is refused, and those that are lost are asked again', async () => {
  const { client, line } = onLine(run)
  const own = line.to as Transport
  let isDeaf = true
  line.to = events => {
    const connection = own(events)
    return {
      close: () => connection.close(),
      send: text => {
        if (!isDeaf || text.includes('"hello"')) connection.send(text)
      },
    }
  }
  await run.clock.pass(20)
  line.cut()
  await run.clock.pass(200)
  const all = Promise.allSettled(Array.from({ length: 130 }, () => client.series('loss')))
  await run.clock.pass(1000)
  isDeaf = false
  await run.clock.pass(8000, 50)
  const outcomes = (await all).map(outcome =>
    outcome.status === 'fulfilled' ? 'answered' : outcome.reason.code,
  )
  expect(outcomes).toEqual([...new Array(128).fill('answered'), 'FORBIDDEN', 'FORBIDDEN'])
})

test('what the bridge would not take is refused before it is sent, and the connection stays', async () => {
  const { client } = onLine(run)
  await run.clock.pass(20)
  const much = { inputs: { x: Array.from({ length: 4000 }, () => [Math.PI, Math.E]) } }
  expect(await rejectionOf(client.predict(much))).toMatchObject({
    code: 'INVALID_MESSAGE',
    expected: 'at most 65536 bytes',
  })
  const strange = { type: 'set', node: 'sgd1', values: { learningRate: 1n } } as unknown as Command
  expect(await rejectionOf(client.send(strange))).toMatchObject({ code: 'INVALID_MESSAGE' })
  const answer = client.series('loss')
  await run.clock.pass(20)
  expect(await answer).toEqual(NOTHING)
  expect(standing(client)).toMatchObject([{ status: 'open', connections: 1 }])
})

describe('a bad value is answered, and the connection stays:', () => {
  test.each([
    ['a fraction of a point', { points: 10.5 }, /points of "series" to be a non-negative whole number/],
    ['NaN', { from: Number.NaN }, /from of "series" to be a number other than NaN/],
    ['a text', { to: 'the end' as never }, /to of "series" to be a number/],
    ['what is no field', { until: 3 } as never, /one of the fields "id", "name"/],
  ])('%s', async (_, range, expected) => {
    const { client } = onLine(run)
    await run.clock.pass(20)
    const error = await rejectionOf(soon(client.series('loss', range)))
    expect(error).toMatchObject({ code: 'INVALID_MESSAGE', expected: expect.stringMatching(expected) })
    expect(await rejectionOf(soon(client.series('')))).toMatchObject({
      expected: 'name of "series" to be a string of 1 to 256 characters',
    })
    expect(standing(client)).toMatchObject([{ status: 'open', connections: 1 }])
  })

  test('an infinity is a range without an end', async () => {
    const { client } = onLine(run)
    await Promise.all([run.trainer.step(5), run.clock.pass(100)])
    const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
    expect((await soon(client.series('loss', all))).steps).toEqual((await soon(client.series('loss'))).steps)
  })
})

describe('after another run has taken the address', () => {
  test('a command is refused that was given to the one before, and other questions are answered', async () => {
    const { client, line } = onLine(run)
    await run.clock.pass(20)
    const second = await bridged({ runId: 'second' }, { tokens: TOKENS })
    line.to = undefined
    line.cut()
    const command = rejectionOf(
      client.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.9 } } as Command),
    )
    const series = client.series('loss')
    line.to = memoryTransport(second.bridge)
    await run.clock.pass(500)
    expect(await command).toMatchObject({ code: 'DISCONNECTED', got: 'another run at its address' })
    expect(await series).toEqual(NOTHING)
    expect(second.trainer.model.node('sgd1').config.learningRate).toBe(0.1)
    await second.close()
  })

  test('a query for what it has not is refused, though it was taken before', async () => {
    const { client, line } = onLine(run)
    const results: number[] = []
    const refused = rejectionOf(
      new Promise((_, reject) =>
        client.watch(QUERY).subscribe({ next: ({ step }) => results.push(step), error: reject }),
      ),
    )
    await run.clock.pass(20)
    await Promise.all([run.trainer.step(2), run.clock.pass(100)])
    expect(results).toEqual([1, 2])
    const own = line.to as Transport
    // The bridge of a run that calls its layers otherwise.
    line.to = events => {
      const connection = own(events)
      return { ...connection, send: text => connection.send(text.replaceAll('dense1', 'dense7')) }
    }
    line.cut()
    await run.clock.pass(500)
    expect(await refused).toMatchObject({ code: 'UNKNOWN_NAME', got: '"dense7"' })
  })
})

test('what is not watched any more is unwatched, however much waits for an answer', async () => {
  const { client, line } = onLine(run)
  const watch = client.watch(QUERY).subscribe()
  await run.clock.pass(20)
  const [session] = [
    ...(serverOf(run.bridge) as unknown as { sessions: Set<{ watches: Map<string, object> }> }).sessions,
  ]
  expect(session?.watches.size).toBe(1)
  const asked = Array.from({ length: 128 }, () => client.series('loss'))
  watch.unsubscribe()
  await run.clock.pass(3000)
  await Promise.all(asked)
  expect(session?.watches.size).toBe(0)
  expect(line.said.filter(text => text.includes('"unwatch"'))).toHaveLength(1)
})

test('a bridge that answers nothing for a minute is not flooded', async () => {
  const { client, line } = onLine(run)
  await run.clock.pass(20)
  const server = serverOf(run.bridge)
  const answering = server.answers.ask.bind(server.answers)
  const later: (() => void)[] = []
  server.answers.ask = async (...given) => {
    await new Promise<void>(resolve => later.push(resolve))
    return answering(...given)
  }
  const all = Array.from({ length: 128 }, () => client.series('loss'))
  await run.clock.pass(60_000, 100)
  const series = line.said.filter(text => text.includes('"series"'))
  expect(series.length).toBeGreaterThan(1000)
  // All of them, in turn.
  expect(new Set(series.slice(-256)).size).toBe(128)
  server.answers.ask = answering
  // However often each has come, it is one question.
  expect(later).toHaveLength(128)
  for (const go of later) go()
  await run.clock.pass(8000, 100)
  await Promise.all(all)
  expect(standing(client)).toMatchObject([{ status: 'open', connections: 1 }])
})

test('over another connection, each is sent once before it is late', async () => {
  const { client, line } = onLine(run)
  await run.clock.pass(20)
  line.to = undefined
  line.cut()
  const all = Array.from({ length: 100 }, () => client.series('loss'))
  const deaf = memoryTransport(run.bridge)
  line.to = events =>
    deaf({ ...events, message: data => String(data).includes('"reply"') || events.message(data) })
  await run.clock.pass(1500)
  const before = line.said.filter(text => text.includes('"series"'))
  expect(before).toHaveLength(new Set(before).size)
  line.to = memoryTransport(run.bridge)
  line.cut()
  await run.clock.pass(2000)
  await Promise.all(all)
})
