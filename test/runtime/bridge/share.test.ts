/** Viewers have a share of the time of a run, whatever they ask. Virtual time: each look, and each answer, takes some. */
import type { BridgeOptions } from 'gradstream'
import { firstValueFrom, timer } from 'rxjs'
import { afterEach, expect, test, vi } from 'vitest'
import { serverOf } from '../../../runtime/bridge/server/open-bridge.ts'
import { engineOf } from '../../../runtime/engine/model.ts'
import { type Bridged, bridged } from './support.ts'

afterEach(() => vi.restoreAllMocks())

/** Milliseconds. */
const COST = 3
const LONG = 10_000
/** What may be spent beyond the share: what was saved up, what was in reserve, and a last one that was too long. */
const BEYOND = { watching: 20 + 50 + 2 * COST, asking: 20 + 150 + 2 * COST }
/** The shares of the time of a run. */
const SHARES = { watching: 0.4 * 0.02, asking: 0.6 * 0.02 }

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
    const session = serverOf(run.bridge).accept({ send, close: () => undefined, pending: 0 })
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
  ['watch every step', watching, 'watching'],
  ['watch and leave, again and again', flickering, 'watching'],
  ['predict as often as they may', asking, 'asking'],
] as const)('who %s, has no more than its share', async (_, messages, what) => {
  const { spent, run } = await spentOn(messages)
  expect(spent).toBeGreaterThan(0.007 * LONG)
  expect(spent).toBeLessThanOrEqual(SHARES[what] * LONG + BEYOND[what])
  // The rest of the time, the run has.
  expect(run.trainer.state.step).toBeGreaterThan((0.95 * LONG) / 5)
  await run.close()
})

test.each([watching, asking])('without the guard, it has much more', async messages => {
  const { spent, run } = await spentOn(messages, { share: 1 })
  expect(spent).toBeGreaterThan(0.1 * LONG)
  await run.close()
})

/** A run beside which each prediction takes so long, and three viewers who ask as often as they may. */
async function crowded(cost: () => number, pace: number | null = null, every = 100) {
  const run = await bridged({ ...(pace !== null && { stepsPerSecond: pace }) })
  const predict = run.trainer.model.predict.bind(run.trainer.model)
  vi.spyOn(run.trainer.model, 'predict').mockImplementation((...given) => {
    run.clock.frame += cost()
    return predict(...given)
  })
  const clients = [run.connect(), run.connect(), run.connect()]
  const person = run.connect()
  await run.clock.pass(20)
  void run.trainer.run()
  const waits: number[] = []
  /** Each asks again a while after its answer, always the same. */
  const poll = async (client: (typeof clients)[0], x: number) => {
    for (;;) {
      const start = run.clock.now()
      await client.predict({ inputs: { x: [[x, 1]] } })
      waits.push(run.clock.now() - start)
      await firstValueFrom(timer(every, run.clock))
    }
  }
  for (const [i, client] of clients.entries())
    for (let question = 0; question < 6; question++) poll(client, i + question / 8).catch(() => undefined)
  /** How long somebody waits who asks something new. */
  const click = async (x: number) => {
    const start = run.clock.now()
    let waited: number | undefined
    person.predict({ inputs: { x: [[x, 2]] } }).then(
      () => {
        waited = run.clock.now() - start
      },
      () => undefined,
    )
    while (waited === undefined && run.clock.now() - start < 20_000) await run.clock.pass(10)
    return waited ?? Number.POSITIVE_INFINITY
  }
  return { run, click, waits }
}

test('who clicks now and then waits a moment, though others ask all the time', async () => {
  const { run, click, waits } = await crowded(() => COST)
  await run.clock.pass(5000, 50)
  // The others have to wait, or the run would.
  expect(Math.max(...waits)).toBeGreaterThan(1000)
  const clicks: number[] = []
  for (let i = 0; i < 20; i++) {
    await run.clock.pass(2000, 50)
    clicks.push(await click(i / 32))
  }
  expect(clicks.sort((a, b) => a - b).at(-2)).toBeLessThan(150)
  await run.close()
})

test('an answer that takes very long makes nobody wait for minutes, and who clicks only a moment', async () => {
  let cost = 5000
  const { run, click, waits } = await crowded(() => {
    const own = cost
    cost = 1
    return own
  })
  await run.clock.pass(1000, 50)
  const clicked = await click(0.5)
  expect(clicked).toBeLessThan(300)
  waits.length = 0
  await run.clock.pass(30_000, 100)
  expect(waits.length).toBeGreaterThan(18)
  await run.close()
})

test.each([30, 100])(
  'beside a run of %d steps a second nobody waits, since most of the time is nobody else’s',
  async pace => {
    const { run, click, waits } = await crowded(() => COST, pace, 500)
    await run.clock.pass(1000, 50)
    waits.length = 0
    const { step } = run.trainer.state
    const start = run.clock.now()
    const clicks: number[] = []
    for (let i = 0; i < 10; i++) {
      await run.clock.pass(1000, 10)
      clicks.push(await click(i / 32))
    }
    expect(Math.max(...clicks)).toBeLessThan(150)
    expect(waits.sort((a, b) => a - b)[Math.floor(0.95 * waits.length)]).toBeLessThan(150)
    const rate = ((run.trainer.state.step - step) / (run.clock.now() - start)) * 1000
    expect(rate).toBeGreaterThan(0.97 * pace)
    await run.close()
  },
)

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
