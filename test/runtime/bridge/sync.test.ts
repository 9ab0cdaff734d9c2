/** The law of sync: whatever is lost on the way, a client ends with the state of the run. */
import { isDeepStrictEqual } from 'node:util'
import { connectBridge, fromArrays, memoryTransport, openBridge, type Transport } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { webSocketTransport } from '../../../runtime/bridge/client/web-socket.ts'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { logSpread, rows, trial } from '../support.ts'
import { relayTo } from './relay.ts'
import { bridged, lossy, type Mishaps } from './support.ts'

const NONE: Mishaps = { drop: 0, repeat: 0, swap: 0, kill: 0 }

/** Figures that JSON has no number for: of targets that are all alike, the logarithm of their spread is -Infinity. */
const ODD = {
  metrics: [logSpread()],
  validation: fromArrays({ x: rows(4).x, target: [[1], [1], [1], [1]] }),
} as const

describe('over a transport that loses, repeats, swaps and breaks', () => {
  test.each(Array.from({ length: countOf({ usual: 2, full: 20 }) }, (_, i) => i))(
    'in 10 runs from seed %i on',
    async block => {
      let seen = 0
      for (let seed = 10 * block; seed < 10 * (block + 1); seed++) {
        const dice = new Dice(seed + 1)
        let mishaps: Mishaps = {
          drop: 0.3 * dice.next(),
          repeat: 0.3 * dice.next(),
          swap: 0.3 * dice.next(),
          kill: 0.05 * dice.next(),
        }
        const run = await bridged({ history: 6, ...ODD })
        const client = run.connect({ reconnect: { first: 20, most: 100 } }, own =>
          lossy(own, dice, () => mishaps),
        )
        const steps: number[] = []
        client.state$.subscribe({ next: ({ step }) => steps.push(step), error: () => undefined })
        client
          .watch({ node: 'dense1', of: 'backward', what: 'stats', rate: 10 })
          .subscribe({ error: () => undefined })
        void run.trainer.run()
        for (let part = 0; part < 12; part++) {
          const chance = dice.next()
          if (chance < 0.2) void run.trainer.pause()
          else if (chance < 0.4) run.trainer.resume()
          else if (chance < 0.6) void run.trainer.set('sgd1', { learningRate: 0.01 + 0.1 * dice.next() })
          else if (chance < 0.7) client.send({ type: 'step', count: 2 }).catch(() => undefined)
          await run.clock.pass(20 + 60 * dice.next())
        }
        void run.trainer.pause()
        mishaps = NONE
        await run.clock.pass(4000, 50)
        expect(client.state, `seed ${seed}`).toStrictEqual(run.trainer.state)
        const epochs = run.trainer.state.history
        for (const { metrics } of epochs) expect(metrics.validationLogSpread).toBe(Number.NEGATIVE_INFINITY)
        seen += steps.length
        expect(steps, `seed ${seed}`).toEqual(steps.toSorted((a, b) => a - b))
        await run.close()
      }
      // It was not only the end that came.
      expect(seen).toBeGreaterThan(50)
    },
  )
})

/** States that come between two cuts. */
const OFTEN = 8

/** A run in real time whose client is behind a relay that cuts, and frames that get lost, come twice or late. */
async function overSocket(seed: number): Promise<void> {
  const dice = new Dice(seed + 1)
  let mishaps: Mishaps = {
    drop: 0.3 * dice.next(),
    repeat: 0.3 * dice.next(),
    swap: 0.3 * dice.next(),
    kill: 0.03 + 0.03 * dice.next(),
  }
  const options = { epochs: 1e6, scheduler: undefined, publishTime: 5, sliceTime: 1, history: 20, ...ODD }
  const { trainer } = trial(options as never)
  const bridge = await openBridge(trainer, { port: 0, print: () => undefined, rate: 50 })
  const relay = await relayTo(bridge.port)
  // Where an honest transport would close, the line is cut under it.
  const socket: Transport = events => ({
    ...webSocketTransport(new URL(relay.url))(events),
    close: relay.cut,
  })
  const client = connectBridge(
    lossy(socket, dice, () => mishaps),
    { token: bridge.tokens.controller, reconnect: { first: 1, most: 20 }, random: () => dice.next() },
  )
  let connections = 0
  let states = 0
  client.connection$.subscribe(state => {
    connections = state.connections
  })
  client.state$.subscribe({ next: () => states++, error: () => undefined })
  client
    .watch({ node: 'dense1', of: 'backward', what: 'stats', rate: 50 })
    .subscribe({ error: () => undefined })
  void trainer.run()
  for (let part = 1; part <= 5; part++) {
    await expect.poll(() => states, { interval: 2 }).toBeGreaterThan(part * OFTEN)
    const chance = dice.next()
    if (chance < 0.3) void trainer.set('sgd1', { learningRate: 0.01 + 0.1 * dice.next() })
    else if (chance < 0.6)
      client.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.05 } }).catch(() => undefined)
    relay.cut()
  }
  mishaps = NONE
  await trainer.pause()
  // A command that was given before may still be done.
  const isAlike = () => isDeepStrictEqual(client.state, trainer.state)
  await expect.poll(isAlike, { message: `seed ${seed}` }).toBe(true)
  expect(trainer.state.history.at(-1)?.metrics.validationLogSpread).toBe(Number.NEGATIVE_INFINITY)
  expect(connections, `seed ${seed}`).toBeGreaterThan(5)
  client.close()
  await relay.close()
  trainer.dispose()
  await bridge.close()
}

describe('over sockets that are cut, with frames that get lost, come twice and late', () => {
  const runs = countOf({ usual: [0], full: [0, 1, 2, 3, 4] })
  test.each(countOf({ usual: [0], full: [0, 5, 10, 15] }))(
    `in ${runs.length} runs from seed %i on`,
    async block => {
      await Promise.all(runs.map(i => overSocket(block + i)))
    },
  )
})

test('the bytes of an update do not grow with the history', async () => {
  const run = await bridged({ history: 2000 })
  const sizes: { epochs: number; bytes: number }[] = []
  const own = memoryTransport(run.bridge)
  run.connect(
    {},
    () => events =>
      own({
        ...events,
        message(data) {
          const isPatch = typeof data === 'string' && data.startsWith('{"type":"patch"')
          if (isPatch) sizes.push({ epochs: run.trainer.state.history.length, bytes: data.length })
          events.message(data)
        },
      }),
  )
  void run.trainer.run()
  await run.clock.pass(16_000, 50)
  const mean = (from: number, to: number) => {
    const some = sizes.filter(({ epochs }) => epochs >= from && epochs < to).map(({ bytes }) => bytes)
    expect(some.length).toBeGreaterThan(5)
    return some.reduce((sum, bytes) => sum + bytes, 0) / some.length
  }
  expect(run.trainer.state.history.length).toBeGreaterThan(900)
  expect(mean(800, 1000)).toBeLessThan(mean(20, 120) * 1.15)
  await run.close()
})
