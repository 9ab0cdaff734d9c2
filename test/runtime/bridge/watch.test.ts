/** Queries: what is asked is computed, as often as asked, once for all, and changes nothing. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Query } from '../../../client.ts'
import { BridgeServer } from '../../../runtime/bridge/server/bridge-server.ts'
import { engineOf } from '../../../runtime/engine/model.ts'
import { bytesOf, rejectionOf } from '../support.ts'
import { type Bridged, bridged } from './support.ts'

let run: Bridged

beforeEach(async () => {
  run = await bridged()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await run.close()
})

const taps = () => {
  const { nodes, parameters } = engineOf(run.trainer.model)
  const ofNodes = [...nodes.values()].flatMap(({ wires }) => wires)
  const ofParameters = [...parameters.values()].flatMap(({ gradient, update }) => [gradient, update])
  return new Set([...ofNodes, ...ofParameters].filter(({ taps }) => taps > 0)).size
}

/** Subscribes and gives what comes. */
function collected(query: Query) {
  const results: { step: number; value?: unknown; tensor?: unknown }[] = []
  const subscription = run
    .connect()
    .watch(query)
    .subscribe(result => results.push(result as never))
  return { results, subscription }
}

test('every n steps means each of them', async () => {
  const { results } = collected({ node: 'dense1', of: 'forward', what: 'stats', every: 7 })
  await run.clock.pass(20)
  void run.trainer.run()
  await run.clock.pass(1000)
  const steps = results.map(({ step }) => step)
  expect(steps.length).toBeGreaterThan(20)
  expect(steps).toEqual(steps.map((_, i) => 7 * (i + 1)))
})

test('a rate is not exceeded, and nothing is tapped in between', async () => {
  const { results, subscription } = collected({ node: 'dense2', of: 'backward', what: 'stats', rate: 4 })
  await run.clock.pass(20)
  void run.trainer.run()
  let tapped = 0
  let looks = 0
  const start = run.clock.now()
  for (; run.clock.now() < start + 2000; looks++) {
    await run.clock.pass(10)
    tapped += taps()
  }
  const due = (4 * (run.clock.now() - start)) / 1000
  expect(Math.abs(results.length - due)).toBeLessThanOrEqual(1)
  expect(tapped).toBeLessThan(looks / 5)
  subscription.unsubscribe()
  await run.clock.pass(500)
  const { length } = results
  await run.clock.pass(500)
  expect(results).toHaveLength(length)
  expect(taps()).toBe(0)
})

test('what several ask is computed once', async () => {
  const query: Query = { node: 'dense1', of: 'gradient', parameter: 'kernel', what: 'quantiles', every: 2 }
  const all = [collected(query), collected({ ...query }), collected(query)]
  await run.clock.pass(20)
  expect(taps()).toBe(1)
  void run.trainer.run()
  await run.clock.pass(500)
  for (const { results } of all) {
    expect(results.length).toBeGreaterThan(10)
    expect(results.slice(0, 10)).toEqual(all[0]?.results.slice(0, 10))
  }
})

test('a whole parameter is that of its step', async () => {
  const { results } = collected({ node: 'dense2', of: 'value', parameter: 'kernel', what: 'full', every: 10 })
  await run.clock.pass(20)
  await Promise.all([run.trainer.step(10), run.clock.pass(200)])
  const { value } = run.trainer.model.node('dense2').parameters.kernel
  // That of no step at first, so that there is something to see before the run goes on.
  expect(results).toMatchObject([{ step: 0 }, { step: 10, tensor: { shape: value.shape } }])
  expect(results).toHaveProperty('1.tensor.data', value.data.slice())
})

test('the weights are the same bytes, whatever is watched', async () => {
  const weights: unknown[] = []
  for (const isWatched of [false, true]) {
    const own = await bridged()
    if (isWatched) {
      const client = own.connect()
      for (const of of ['forward', 'backward'] as const) {
        client.watch({ node: '*', of, what: 'stats', rate: 20 }).subscribe()
        client.watch({ node: 'tanh1', of, what: 'histogram', every: 3 }).subscribe()
      }
      client.watch({ node: 'dense1', of: 'gradient', parameter: 'bias', what: 'full', every: 1 }).subscribe()
    }
    await own.clock.pass(20)
    await Promise.all([own.trainer.step(50), own.clock.pass(600)])
    weights.push(bytesOf(own.trainer.model))
    await own.close()
  }
  expect(weights[1]).toEqual(weights[0])
})

test('statistics are part of the state, for one node and for all', async () => {
  const { subscription } = collected({ node: 'prediction', of: 'forward', what: 'stats', every: 1 })
  await run.clock.pass(20)
  await Promise.all([run.trainer.step(3), run.clock.pass(200)])
  expect(run.trainer.state.nodes.dense2?.forward).toMatchObject({ step: 3, count: expect.any(Number) })
  expect(run.trainer.state.nodes.dense1).not.toHaveProperty('forward')
  subscription.unsubscribe()
  collected({ node: '*', of: 'backward', what: 'stats', every: 1 })
  await run.clock.pass(20)
  await Promise.all([run.trainer.step(2), run.clock.pass(200)])
  for (const id of ['dense1', 'tanh1', 'dense2']) {
    expect(run.trainer.state.nodes[id]?.backward?.norm).toBeGreaterThan(0)
  }
})

describe('what is not there is refused, with what there is', () => {
  test.each([
    [{ node: 'dense9', of: 'forward', what: 'stats' }, 'UNKNOWN_NAME', /"dense1"/],
    [{ node: '__proto__', of: 'forward', what: 'stats' }, 'UNKNOWN_NAME', /"dense1"/],
    [{ node: 'dense1', of: 'forward', what: 'stats', output: 'z' }, 'UNKNOWN_NAME', /"y"/],
    [
      { node: 'dense1', of: 'value', what: 'stats', parameter: 'weight' },
      'UNKNOWN_NAME',
      /"kernel" or "bias"/,
    ],
    [{ node: 'dense1', of: 'value', what: 'stats', parameter: 'toString' }, 'UNKNOWN_NAME', /"kernel"/],
    [{ node: 'dense1', of: 'value', what: 'stats' }, 'INVALID_MESSAGE', /parameter/],
    [{ node: 'dense1', of: 'sideways', what: 'stats' }, 'INVALID_MESSAGE', /"forward"/],
    [{ node: 'dense1', of: 'forward', what: 'eval' }, 'INVALID_MESSAGE', /"stats"/],
    [{ node: 'dense1', of: 'forward', what: 'stats', code: 'x' }, 'INVALID_MESSAGE', /"every"/],
    [{ node: 'dense1', of: 'forward', what: 'histogram', bins: 1e9 }, 'INVALID_MESSAGE', /1024 bins/],
    [{ node: 'dense1', of: 'forward', what: 'sample', count: 0 }, 'INVALID_MESSAGE', /count/],
    [{ node: 'dense1', of: 'forward', what: 'quantiles', at: [2] }, 'INVALID_MESSAGE', /shares/],
    [{ node: 'dense1', of: 'forward', what: 'quantiles', at: 'all' }, 'INVALID_MESSAGE', /shares/],
    [{ node: 'dense1', of: 'forward', what: 'stats', rate: 1000 }, 'INVALID_MESSAGE', /at most 20/],
    [{ node: 'dense1', of: 'forward', what: 'stats', rate: 1, every: 1 }, 'INVALID_MESSAGE', /either/],
    [{ node: '*', of: 'value', parameter: 'kernel', what: 'stats' }, 'INVALID_MESSAGE', /"\*"/],
  ])('%j', async (query, code, expected) => {
    const refused = rejectionOf(
      new Promise((_, reject) =>
        run
          .connect()
          .watch(query as Query)
          .subscribe({ error: reject }),
      ),
    )
    await run.clock.pass(20)
    const error = await refused
    expect(error.code).toBe(code)
    expect(error.expected).toMatch(expected)
  })
})

/** How many of 70 queries of one client are refused. */
async function refusedOf70(): Promise<number> {
  const client = run.connect()
  let refused = 0
  for (let every = 1; every <= 70; every++) {
    client
      .watch({ node: 'dense1', of: 'forward', what: 'stats', every })
      .subscribe({ error: () => refused++ })
  }
  await run.clock.pass(50)
  return refused
}

test('a client has 64 at most', async () => {
  expect(await refusedOf70()).toBe(6)
})

test('without the guard, it has as many as it likes', async () => {
  const accept = BridgeServer.prototype.accept
  vi.spyOn(BridgeServer.prototype, 'accept').mockImplementation(function (this: BridgeServer, channel) {
    const session = accept.call(this, channel)
    const { watches } = session as unknown as { watches: Map<string, unknown> }
    Object.defineProperty(watches, 'size', { value: 0 })
    return session
  })
  expect(await refusedOf70()).toBe(0)
})
