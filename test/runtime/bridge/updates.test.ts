/** Updates are small, however long the history is, and however many epochs lie between two of them. */
import { openBridge } from 'gradstream'
import { applyPatches, enablePatches, type Patch } from 'immer'
import { expect, test } from 'vitest'
import { serverOf } from '../../../runtime/bridge/server/open-bridge.ts'
import { isFull } from '../../support/counts.ts'
import { samples, trial } from '../support.ts'
import { Clock, settled } from './support.ts'

enablePatches()

interface Message {
  readonly type: string
  readonly version: number
  readonly session: string
  readonly state: object
  readonly patches: readonly Patch[]
}

/** A run whose epochs are one step of so many milliseconds, and a client that takes every update. */
async function followed(history: number, step: number) {
  const clock = new Clock()
  const { trainer } = trial({ data: samples(4), epochs: 1e9, history, scheduler: clock })
  trainer.events$.subscribe(({ type }) => {
    if (type === 'step') clock.frame += step
  })
  const bridge = await openBridge(trainer, { port: 0, print: () => undefined, scheduler: clock })
  const updates: { bytes: number; message: Message }[] = []
  let state: object = {}
  const connect = (known: object = {}) => {
    const session = serverOf(bridge).accept({
      send: data => {
        const message = JSON.parse(String(data)) as Message
        if (message.type === 'snapshot') state = message.state
        if (message.type === 'patch') state = applyPatches(state, message.patches)
        updates.push({ bytes: data.length, message })
        queueMicrotask(() => session.receive(JSON.stringify({ type: 'ack', version: 1e9, received: 1e9 })))
      },
      close: () => undefined,
      pending: 0,
    })
    session.receive(JSON.stringify({ type: 'hello', protocol: 1, token: bridge.tokens.viewer, ...known }))
    return session
  }
  const session = connect()
  const bytesOf = (part = updates.splice(0)) =>
    part.filter(({ message }) => message.type === 'patch').map(({ bytes }) => bytes)
  return {
    clock,
    trainer,
    updates,
    connect,
    session,
    bytesOf,
    mean: () => {
      const bytes = bytesOf()
      expect(bytes.length).toBeGreaterThan(10)
      return bytes.reduce((sum, size) => sum + size, 0) / bytes.length
    },
    get state() {
      return state
    },
    async close() {
      trainer.dispose()
      await bridge.close()
    },
  }
}

test('one of an epoch is as small in a full history as in a short one, and whatever its length', async () => {
  const full: number[] = []
  for (const history of [50, 200]) {
    const run = await followed(history, 50)
    void run.trainer.run()
    await run.clock.pass(2000, 50)
    const short = run.mean()
    await run.clock.pass(20_000, 50)
    run.updates.length = 0
    expect(run.trainer.state.history).toHaveLength(history)
    await run.clock.pass(3000, 50)
    full.push(run.mean())
    // It has to say which entries give their places as well.
    expect(full.at(-1)).toBeLessThan(short + 2 * '{"op":"remove","path":["history",100]},'.length)
    await run.trainer.pause()
    await run.clock.pass(200)
    expect(run.state).toEqual(run.trainer.state)
    await run.close()
  }
  expect(Math.abs((full[1] as number) / (full[0] as number) - 1)).toBeLessThan(0.05)
})

test.runIf(isFull)(
  'with more than 2000 epochs from one to the next they are small, and get smaller',
  async () => {
    const run = await followed(1000, 0.02)
    void run.trainer.run()
    await run.clock.pass(500, 50)
    const { epoch } = run.trainer.state
    run.updates.length = 0
    await run.clock.pass(500, 50)
    expect(run.trainer.state.epoch - epoch).toBeGreaterThan(10 * 2000)
    expect(run.trainer.state.history.length).toBeGreaterThanOrEqual(999)
    const early = run.bytesOf()
    await run.clock.pass(500, 50)
    const late = run.bytesOf()
    const whole = JSON.stringify(run.trainer.state).length
    expect(early.length).toBeGreaterThanOrEqual(9)
    expect(Math.max(...early)).toBeLessThan(0.2 * whole)
    expect(Math.max(...late)).toBeLessThan(0.1 * whole)
    await run.trainer.pause()
    await run.clock.pass(200)
    expect(run.state).toEqual(run.trainer.state)
    await run.close()
  },
)

test('who comes back after tens of thousands of epochs gets a patch', async () => {
  const run = await followed(100, 0.02)
  void run.trainer.run()
  await run.clock.pass(500, 50)
  const session = run.updates[0]?.message.session
  run.session.close()
  const { version } = hubVersion(run.updates)
  run.updates.length = 0
  await run.clock.pass(500, 50)
  await run.trainer.pause()
  run.connect({ session, version })
  await settled()
  expect(run.updates.map(({ message }) => message.type)).toContain('patch')
  expect(run.updates.map(({ message }) => message.type)).not.toContain('snapshot')
  expect(run.state).toEqual(run.trainer.state)
  await run.close()
})

/** The version that a client has after these messages. */
function hubVersion(updates: readonly { message: Message }[]): { version: number } {
  const versions = updates.map(({ message }) => (message as { to?: number }).to ?? message.version)
  return { version: Math.max(...versions.filter(version => version !== undefined)) }
}
