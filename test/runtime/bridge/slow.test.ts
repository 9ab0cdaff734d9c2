/** Who reads too slowly: it loses what is old, can see how much, is closed in the end, and nobody waits for it. */
import { expect, test } from 'vitest'
import { CLOSE } from '../../../runtime/bridge/protocol.ts'
import { serverOf } from '../../../runtime/bridge/server/open-bridge.ts'
import { LIMITS } from '../../../runtime/bridge/server/outbox.ts'
import { bytesOf } from '../support.ts'
import { type Bridged, bridged, settled } from './support.ts'

const QUERY = { node: 'dense1', of: 'forward', what: 'full', every: 1 }

/** A client whose buffers are full from its greeting on, until they are said not to be. */
async function stuck({ bridge }: Bridged) {
  const world = { pending: 0, code: undefined as number | undefined, sent: 0 }
  const session = serverOf(bridge).accept({
    send: () => void world.sent++,
    close: code => {
      world.code = code
    },
    get pending() {
      return world.pending
    },
  })
  session.receive(JSON.stringify({ type: 'hello', protocol: 1, token: bridge.tokens.viewer }))
  session.receive(JSON.stringify({ type: 'watch', id: 'w', query: QUERY }))
  await settled()
  world.pending = LIMITS.pending
  return { world, session }
}

test('it is closed after 30 seconds, and not before', async () => {
  const run = await bridged()
  const { world } = await stuck(run)
  void run.trainer.run()
  await run.clock.pass(29_000, 200)
  expect(world.code).toBeUndefined()
  expect(run.bridge.clients).toHaveLength(1)
  await run.clock.pass(3000, 200)
  expect(world.code).toBe(CLOSE.tooSlow)
  expect(run.bridge.clients).toEqual([])
  await run.close()
})

test('it stays where it catches up in time', async () => {
  // A virtual timer costs a frame of the stack for each of its ticks when it ends.
  const run = await bridged({}, { rate: 1 })
  const { world, session } = await stuck(run)
  void run.trainer.run()
  for (let i = 0; i < 3; i++) {
    await run.clock.pass(20_000, 200)
    world.pending = 0
    session.receive(JSON.stringify({ type: 'ack', version: 1e9, received: 1e9 }))
    world.pending = LIMITS.pending
  }
  expect(world.code).toBeUndefined()
  await run.close()
})

test('what it loses is counted, and what waits for it is bounded', async () => {
  const run = await bridged()
  const { world, session } = await stuck(run)
  const before = world.sent
  await Promise.all([run.trainer.step(2000), run.clock.pass(12_000, 100)])
  const [{ made, dropped } = { made: 0, dropped: 0 }] = run.bridge.clients
  expect(made).toBeGreaterThanOrEqual(2000)
  expect(made - dropped).toBeLessThanOrEqual(LIMITS.waiting)
  expect(world.sent).toBe(before)
  world.pending = 0
  session.outbox.flush()
  // The state, a heartbeat, and all that was not dropped.
  expect(world.sent - before).toBe(2 + made - dropped)
  await run.close()
})

test('the run goes on as without it', async () => {
  const weights: unknown[] = []
  const times: number[] = []
  for (const isWatched of [false, true]) {
    const run = await bridged()
    if (isWatched) await stuck(run)
    const start = run.clock.now()
    await Promise.all([
      run.trainer.step(500).then(() => times.push(run.clock.now() - start)),
      run.clock.pass(4000),
    ])
    weights.push(bytesOf(run.trainer.model))
    await run.close()
  }
  expect(weights[1]).toEqual(weights[0])
  expect(times[1]).toBe(times[0])
})
