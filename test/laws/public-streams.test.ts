/** Every public stream isolates its subscribers: what one throws hurts neither the run, nor the process, nor another one. */
import { connectBridge, type GradstreamError, memoryTransport, openBridge } from 'gradstream'
import { concat, EMPTY, isObservable, map, merge, type Observable, share, VirtualTimeScheduler } from 'rxjs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { settled } from '../runtime/bridge/support.ts'
import { trial } from '../runtime/support.ts'

/** What would have ended the process. */
const uncaught: unknown[] = []
const listen = (thrown: unknown) => uncaught.push(thrown)
beforeEach(() => {
  uncaught.length = 0
  process.on('uncaughtException', listen)
  process.on('unhandledRejection', listen)
})
afterEach(() => {
  process.off('uncaughtException', listen)
  process.off('unhandledRejection', listen)
})

/** A run with all that has public streams, which is watched from the same process. */
async function scene() {
  const scheduler = new VirtualTimeScheduler()
  const { trainer, model } = trial({ epochs: 2, scheduler } as never)
  const clock = new VirtualTimeScheduler(undefined, 0)
  const bridge = await openBridge(trainer, { port: 0, print: () => undefined, scheduler: clock })
  const client = connectBridge(memoryTransport(bridge), { token: bridge.tokens.controller })
  const roots = {
    trainer,
    client,
    ...Object.fromEntries(model.nodes.map(id => [`model.node(${id})`, model.node(id)])),
    'client.watch': { watch$: client.watch({ node: 'dense1', of: 'forward', what: 'stats', every: 1 }) },
  }
  return { trainer, model, bridge, client, scheduler, clock, streams: streamsOf(roots) }
}

/** All Observables that can be reached by public names, by the way to them. */
function streamsOf(roots: object): Map<string, Observable<unknown>> {
  const found = new Map<string, Observable<unknown>>()
  const seen = new Set<object>()
  const look = (value: unknown, path: string) => {
    if (isObservable(value)) found.set(path, value)
    else if (typeof value === 'object' && value !== null && !seen.has(value) && !ArrayBuffer.isView(value)) {
      seen.add(value)
      for (const name of namesOf(value))
        look((value as Record<string, unknown>)[name], path === '' ? name : `${path}.${name}`)
    }
  }
  look(roots, '')
  return found
}

/** Names of fields and getters, but for those that TypeScript calls private: they begin with nothing public. */
function namesOf(value: object): string[] {
  const names = new Set(Object.keys(value))
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(prototype ?? {})))
      if (get) names.add(name)
  }
  return [...names].filter(name => !PRIVATE.has(name))
}
const PRIVATE = new Set([
  ...[
    'loop',
    'machine',
    'publisher',
    'steering',
    'data',
    'graph',
    'state',
    'views',
    'standardization',
    'engine',
  ],
  ...[
    'settings',
    'link',
    'replica',
    'requests',
    'watching',
    'receipts',
    'errors',
    'order',
    'states',
    'events',
  ],
  ...['connections', 'ticking', 'connection', 'scalings', 'crowd'],
])

const STREAMS = [
  ...[
    'trainer.events$',
    'trainer.milestones$',
    'trainer.state$',
    'trainer.patches$',
    'trainer.errors$',
    'trainer.warnings$',
    'trainer.model.errors$',
  ],
  ...['client.state$', 'client.events$', 'client.connection$', 'client.errors$', 'client.watch.watch$'],
  ...['client.system$', 'client.people$'],
  ...['model.node(x).forward$', 'model.node(dense1).backward$', 'model.node(sgd1).backward$'],
  ...['model.node(dense1).parameters.kernel.gradient$', 'model.node(dense1).parameters.kernel.update$'],
  'model.node(dense1).outputs.y.forward$',
]

test('they are found by reflection', async () => {
  const { streams, client, bridge, trainer } = await scene()
  expect([...streams.keys()]).toEqual(expect.arrayContaining(STREAMS))
  client.close()
  await bridge.close()
  trainer.dispose()
})

const fail = () => {
  throw new Error('a subscriber that fails')
}

/** Ways to subscribe and throw. */
const WAYS: Readonly<Record<string, (stream$: Observable<unknown>) => void>> = {
  'in next': stream$ => void stream$.subscribe(fail),
  'at the end': stream$ => void stream$.subscribe({ complete: fail, error: fail }),
  'in an operator that throws': stream$ => void stream$.pipe(map(fail)).subscribe(),
  'behind merge': stream$ => void merge(stream$, EMPTY).subscribe({ next: fail, complete: fail }),
  'behind concat and share': stream$ => void concat(stream$, EMPTY).pipe(share()).subscribe(fail),
  everywhere: stream$ => void stream$.subscribe({ next: fail, error: fail, complete: fail }),
}

describe.each(Object.entries(WAYS))('one that fails %s', (way, subscribe) => {
  test('hurts nobody else', async () => {
    const silent = vi.spyOn(console, 'error').mockReturnValue(undefined)
    const { streams, trainer, client, bridge, scheduler, clock, model } = await scene()
    const reported = { run: [] as GradstreamError[], client: [] as GradstreamError[] }
    trainer.errors$.subscribe(error => reported.run.push(error))
    client.errors$.subscribe(error => reported.client.push(error))
    await settled()
    const counts = new Map<string, { values: number; ended: boolean }>()
    for (const [path, stream$] of streams) {
      subscribe(stream$)
      const heard = { values: 0, ended: false }
      counts.set(path, heard)
      stream$.subscribe({
        next: () => heard.values++,
        complete: () => {
          heard.ended = true
        },
      })
      subscribe(stream$)
    }
    await settled()
    const done = trainer.run()
    scheduler.flush()
    expect((await done).status).toBe('finished')
    for (let i = 0; i < 5; i++) await settled()
    // The bridge tells what it has once a second at the latest.
    for (let i = 0; i < 20; i++) {
      clock.maxFrames += 100
      clock.flush()
      await settled()
    }
    client.close()
    await bridge.close()
    trainer.dispose()
    model.dispose()
    await settled()

    expect(uncaught).toEqual([])
    for (const [path, { values, ended }] of counts) {
      expect([path, ended]).toEqual([path, true])
      // A target and a loss have no gradient, and what fails at the end alone tells of no error before.
      const isQuiet = /\b(errors|warnings)\$$/.test(path) || /node\((target|x)\).*backward/.test(path)
      if (!isQuiet) expect([path, values > 0]).toEqual([path, true])
    }
    if (way !== 'at the end') {
      for (const errors of Object.values(reported)) {
        expect(errors.length).toBeGreaterThan(0)
        expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['SUBSCRIBER_FAILED']))
      }
      expect(reported.client[0]?.place).toMatch(/^subscriber of client\./)
    }
    silent.mockRestore()
  })
})

test('where nobody listens to errors$, the console is told once for each stream', async () => {
  const told = vi.spyOn(console, 'error').mockReturnValue(undefined)
  const { client, trainer, bridge, scheduler, clock } = await scene()
  client.connection$.subscribe(fail)
  client.state$.subscribe(fail)
  const done = trainer.run()
  scheduler.flush()
  await done
  await settled()
  clock.maxFrames = 2000
  clock.flush()
  await settled()
  const places = told.mock.calls.map(([error]) => (error as GradstreamError).place)
  expect(places.sort()).toEqual(['subscriber of client.connection$', 'subscriber of client.state$'])
  told.mockRestore()
  client.close()
  await bridge.close()
  trainer.dispose()
})
