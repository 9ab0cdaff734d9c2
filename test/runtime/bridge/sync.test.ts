/** The law of sync: whatever is lost on the way, a client ends with the state of the run. */
import { connect, createServer, type Socket } from 'node:net'
import { connectBridge, memoryTransport, openBridge } from 'gradstream'
import { describe, expect, test } from 'vitest'
import { Dice } from '../../support/random-graph.ts'
import { trial } from '../support.ts'
import { bridged, lossy, type Mishaps } from './support.ts'

const NONE: Mishaps = { drop: 0, repeat: 0, swap: 0, kill: 0 }

describe('over a transport that loses, repeats, swaps and breaks', () => {
  test.each(Array.from({ length: 20 }, (_, i) => i))('in 10 runs from seed %i on', async block => {
    let seen = 0
    for (let seed = 10 * block; seed < 10 * (block + 1); seed++) {
      const dice = new Dice(seed + 1)
      let mishaps: Mishaps = {
        drop: 0.3 * dice.next(),
        repeat: 0.3 * dice.next(),
        swap: 0.3 * dice.next(),
        kill: 0.05 * dice.next(),
      }
      const run = await bridged({ history: 6 })
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
      expect(client.state, `seed ${seed}`).toEqual(run.trainer.state)
      seen += steps.length
      expect(steps, `seed ${seed}`).toEqual(steps.toSorted((a, b) => a - b))
      await run.close()
    }
    // It was not only the end that came.
    expect(seen).toBeGreaterThan(50)
  })
})

test('over sockets that are cut, 20 times', async () => {
  const dice = new Dice(99)
  const { trainer } = trial({ epochs: 1e6, scheduler: undefined, publishTime: 5, history: 20 } as never)
  const bridge = await openBridge(trainer, { port: 0, print: () => undefined, rate: 100 })
  const sockets = new Set<Socket>()
  const proxy = createServer(near => {
    const far = connect(bridge.port, '127.0.0.1')
    // The bridge answers to its own address alone.
    near.once('data', head => {
      far.write(String(head).replace(/^host: .*$/im, `Host: 127.0.0.1:${bridge.port}`))
      near.pipe(far).pipe(near)
    })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        near.destroy()
        far.destroy()
        sockets.delete(socket)
      })
    }
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as { port: number }
  const options = { token: bridge.tokens.viewer, reconnect: { first: 1, most: 5 } }
  const client = connectBridge(`ws://127.0.0.1:${port}`, options)
  let connections = 0
  client.connection$.subscribe(state => {
    connections = state.connections
  })
  void trainer.run()
  for (let cut = 1; cut <= 20; cut++) {
    await expect.poll(() => connections, { timeout: 5000, interval: 1 }).toBeGreaterThanOrEqual(cut)
    for (let i = 0; i < 30 * dice.next(); i++) await new Promise(resolve => setImmediate(resolve))
    for (const socket of sockets) socket.destroy()
  }
  await trainer.pause()
  await expect.poll(() => client.state, { timeout: 5000 }).toEqual(trainer.state)
  client.close()
  proxy.close()
  trainer.dispose()
  await bridge.close()
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
