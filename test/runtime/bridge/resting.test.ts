/** A run that rests, or has ended, can be looked at; and whoever comes later is told what there was. */
import { fromArrays } from 'gradstream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Query, TrainerEvent } from '../../../client.ts'
import { serverOf } from '../../../runtime/bridge/server/open-bridge.ts'
import { logSpread, rows } from '../support.ts'
import { type Bridged, bridged } from './support.ts'

let run: Bridged

beforeEach(async () => {
  run = await bridged({ epochs: 4 })
})
afterEach(() => run.close())

async function looked(query: Query) {
  const results: { step: number; value?: unknown; tensor?: unknown }[] = []
  run
    .connect({ token: run.bridge.tokens.viewer })
    .watch(query)
    .subscribe(result => results.push(result as never))
  await run.clock.pass(200)
  return results
}

const KERNEL = { node: 'dense1', of: 'value', parameter: 'kernel' } as const

test.each([{}, { rate: 10 }, { every: 100 }])(
  'parameters are there before the first step: %j',
  async pace => {
    const { value } = run.trainer.model.node('dense1').parameters.kernel
    const results = await looked({ ...KERNEL, what: 'full', ...pace })
    expect(results).toMatchObject([{ step: 0, tensor: { shape: value.shape, data: value.data } }])
  },
)

test('parameters are there after the last step, for everybody who comes', async () => {
  await Promise.all([run.trainer.run(), run.clock.pass(1000)])
  for (let i = 0; i < 3; i++) {
    expect(await looked({ ...KERNEL, what: 'stats' })).toMatchObject([{ step: 12 }])
  }
})

test('what was found of values and gradients is told to who asks the same later', async () => {
  const query = { node: 'dense1', of: 'backward', what: 'histogram', bins: 5 } as const
  const first = run.connect()
  const seen: unknown[] = []
  first.watch(query).subscribe(result => seen.push(result))
  await run.clock.pass(20)
  await Promise.all([run.trainer.run(), run.clock.pass(1000)])
  first.close()
  await run.clock.pass(100)
  expect(run.bridge.clients).toEqual([])
  expect(await looked(query)).toEqual([seen.at(-1)])
})

test('statistics of all nodes are of one step, and one change of the state', async () => {
  const versions: number[] = []
  run.trainer.patches$.subscribe(({ version, patches }) => {
    if (patches.some(({ path }) => path[0] === 'nodes')) versions.push(version)
  })
  await looked({ node: '*', of: 'forward', what: 'stats', rate: 20 })
  await Promise.all([run.trainer.step(1), run.clock.pass(200)])
  expect(versions).toHaveLength(1)
  const nodes = Object.values(run.trainer.state.nodes)
  expect(nodes.map(({ forward }) => forward?.step)).toEqual(nodes.map(() => 1))
})

test('an alarm of each epoch is one event, and of the past keeps little', async () => {
  const alike = fromArrays({ x: rows(5).x, target: rows(5).x.map(() => [1]) })
  const own = await bridged({ validation: alike, metrics: [logSpread()], epochs: 5000 })
  const events: TrainerEvent[] = []
  own.connect().events$.subscribe(event => events.push(event))
  await own.clock.pass(20)
  void own.trainer.run()
  await own.clock.pass(3000)
  expect(events.filter(({ type }) => type === 'alarm')).toHaveLength(1)
  const epochs = events.filter(({ type }) => type === 'epoch')
  expect(epochs.length).toBeGreaterThan(20)
  expect(epochs.length).toBeLessThanOrEqual(3000 / 50 + 1)
  await own.close()
})

test('commands of a viewer are told, but drown nobody', async () => {
  const session = serverOf(run.bridge).accept({ send: () => undefined, close: () => undefined, pending: 0 })
  session.receive(JSON.stringify({ type: 'hello', protocol: 1, token: run.bridge.tokens.viewer }))
  const events: TrainerEvent[] = []
  run.connect().events$.subscribe(event => events.push(event))
  await run.clock.pass(20)
  for (let i = 0; i < 150; i++) {
    session.receive(JSON.stringify({ type: 'command', id: `c${i}`, command: { type: 'pause' } }))
  }
  await run.clock.pass(100)
  expect(events).toMatchObject([
    { type: 'command', author: 'viewer 1', command: { type: 'pause' }, error: { code: 'FORBIDDEN' } },
  ])
})

test('demands for all of the state are met once a publication', async () => {
  const sent: string[] = []
  const session = serverOf(run.bridge).accept({
    send: data => void sent.push(String(data)),
    close: () => undefined,
    pending: 0,
  })
  session.receive(JSON.stringify({ type: 'hello', protocol: 1, token: run.bridge.tokens.viewer }))
  for (let i = 0; i < 100; i++) session.receive(JSON.stringify({ type: 'sync', version: 1e6 + i }))
  await run.clock.pass(60)
  // That of the greeting, and one more.
  expect(sent.filter(text => text.startsWith('{"type":"snapshot"'))).toHaveLength(2)
})
