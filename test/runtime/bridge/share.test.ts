/** Viewers have a share of the time of a run, whatever they ask. Virtual time: each look, and each answer, takes some. */
import type { BridgeOptions } from 'gradstream'
import { afterEach, expect, test, vi } from 'vitest'
import { hubOf } from '../../../runtime/bridge/server/open-bridge.ts'
import { engineOf } from '../../../runtime/engine/model.ts'
import { type Bridged, bridged } from './support.ts'

afterEach(() => vi.restoreAllMocks())

/** Milliseconds. */
const COST = 3
const LONG = 10_000
/** What may be spent beyond the share: what was saved up, of watching and of asking, and a last one that was too long. */
const BEYOND = 2 * 20 + 2 * COST

/** Some viewers that send whatever `messages` gives each of them, again and again while the run goes on. */
async function spentOn(
  messages: (viewer: number, time: number) => object[],
  options: BridgeOptions = {},
): Promise<{ share: number; spent: number; run: Bridged; sent: object[] }> {
  const run = await bridged({}, options)
  let spent = 0
  const { kernels } = engineOf(run.trainer.model)
  const statistics = kernels.statistics.bind(kernels)
  const costly = () => {
    spent += COST
    run.clock.frame += COST
  }
  vi.spyOn(kernels, 'statistics').mockImplementation(tensor => {
    costly()
    return statistics(tensor)
  })
  const predict = run.trainer.model.predict.bind(run.trainer.model)
  vi.spyOn(run.trainer.model, 'predict').mockImplementation((...given) => {
    costly()
    return predict(...given)
  })
  const sent: object[] = []
  const sessions = [0, 1, 2].map(() => {
    const send = (data: string | Uint8Array) => void sent.push(JSON.parse(String(data)))
    const session = hubOf(run.bridge).accept({ send, close: () => undefined, pending: 0 })
    session.receive(JSON.stringify({ type: 'hello', protocol: 1, token: run.bridge.tokens.viewer }))
    return session
  })
  void run.trainer.run()
  const start = run.clock.now()
  while (run.clock.now() < start + LONG) {
    for (const [i, session] of sessions.entries()) {
      for (const message of messages(i, run.clock.now())) session.receive(JSON.stringify(message))
    }
    await run.clock.pass(100, 50)
  }
  return { spent, share: spent / (run.clock.now() - start), run, sent }
}

let id = 0
const WATCH = { type: 'watch', query: { node: 'dense1', of: 'forward', what: 'histogram' } }

/** In each tenth of a second, four queries of every step. */
const watching = (viewer: number) =>
  [0, 1, 2, 3].map(i => ({
    ...WATCH,
    id: `w${++id}`,
    query: { ...WATCH.query, bins: 1 + ((4 * viewer + i + id) % 200), every: 1 },
  }))

const present: string[] = []

/** In each tenth of a second, four predictions, each another one. */
const asking = () =>
  [0, 1, 2, 3].map(() => ({ type: 'predict', id: `p${++id}`, inputs: { x: [[++id / 1e6, 1]] } }))

/** Queries that come and go, so that each is new. */
const flickering = (viewer: number) => {
  const watch = `w${++id}`
  const query = { ...WATCH.query, bins: 1 + (id % 1000), rate: 20 }
  const last = present[viewer] ?? 'none'
  present[viewer] = watch
  return [
    { type: 'unwatch', id: `u${id}`, watch: last },
    { ...WATCH, id: watch, query },
  ]
}

test.each([
  ['watch every step', watching],
  ['watch and leave, again and again', flickering],
  ['predict as often as they may', asking],
])('who %s, has no more than its share', async (_, messages) => {
  const { spent, run } = await spentOn(messages)
  expect(spent).toBeGreaterThan(0.007 * LONG)
  expect(spent).toBeLessThanOrEqual((0.02 / 2) * LONG + BEYOND)
  // The rest of the time, the run has.
  expect(run.trainer.state.step).toBeGreaterThan((0.95 * LONG) / 5)
  await run.close()
})

test.each([watching, asking])('without the guard, it has much more', async messages => {
  const { spent, run } = await spentOn(messages, { share: 1 })
  expect(spent).toBeGreaterThan(0.1 * LONG)
  await run.close()
})

test('what there was no time for is counted as dropped', async () => {
  const once = (viewer: number, time: number) => (time === 0 ? watching(viewer) : [])
  const { run, sent } = await spentOn(once)
  const results = sent.filter(message => 'type' in message && message.type === 'result')
  const clients = run.bridge.clients
  const made = clients.reduce((sum, client) => sum + client.made, 0)
  const dropped = clients.reduce((sum, client) => sum + client.dropped, 0)
  expect(dropped).toBeGreaterThan(1000)
  expect(made - dropped).toBeGreaterThanOrEqual(results.length)
  await run.close()
})

test('the same question is answered once a step, whoever asks', async () => {
  const run = await bridged()
  const spy = vi.spyOn(run.trainer.model, 'predict')
  const clients = [run.connect(), run.connect(), run.connect()]
  await run.clock.pass(20)
  const ask = async () => {
    const answers = Promise.all(clients.map(client => client.predict({ of: 'data', count: 4 })))
    await run.clock.pass(100)
    return answers
  }
  const [first, ...others] = await ask()
  expect(others).toEqual([first, first])
  expect(spy).toHaveBeenCalledTimes(1)
  await Promise.all([run.trainer.step(1), run.clock.pass(100)])
  expect((await ask())[0]).not.toEqual(first)
  expect(spy).toHaveBeenCalledTimes(2)
  await run.close()
})

test('a rate so small that no timer could hold it is one look, and no more', async () => {
  const run = await bridged()
  const seen: number[] = []
  run
    .connect()
    .watch({ node: 'dense1', of: 'forward', what: 'stats', rate: 1e-9 })
    .subscribe(({ step }) => seen.push(step))
  await run.clock.pass(20)
  void run.trainer.run()
  await run.clock.pass(5000)
  expect(seen).toEqual([1])
  await run.close()
})
