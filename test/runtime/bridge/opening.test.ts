/** Opening a bridge: what it may be told, where it can be reached, and that it leaves nothing behind. */
import { createServer, request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { type BridgeOptions, openBridge, type Trainer } from 'gradstream'
import { firstValueFrom } from 'rxjs'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { connectBridge } from '../../../client.ts'
import { allowList } from '../../../runtime/bridge/server/guard.ts'
import { serverOf } from '../../../runtime/bridge/server/open-bridge.ts'
import { rejectionOf, trial } from '../support.ts'
import { bridged } from './support.ts'

const CONTROLLER = 'a-controller-0123456789'

let trainer: Trainer

beforeEach(() => {
  trainer = trial().trainer
})
afterEach(() => trainer.dispose())

async function opened(options: BridgeOptions = {}) {
  const printed: string[] = []
  const print = (line: string) => void printed.push(line)
  const tokens = { controller: CONTROLLER }
  const bridge = await openBridge(trainer, { port: 0, tokens, print, ...options })
  onTestFinished(() => bridge.close())
  return { bridge, printed }
}

/** The status of the page at an address, as a browser would ask for it. */
const statusOf = (address: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request(address, { agent: false }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.on('error', reject)
    asked.end()
  })

describe('the address that is printed', () => {
  const outer = Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address)

  test.each(['127.0.0.1', '127.0.0.2', 'localhost', '0.0.0.0', ...outer])('answers: %s', async host => {
    const { bridge, printed } = await opened({ host })
    const [line = ''] = printed
    const addresses = [...line.matchAll(/http:\/\/[^\s#,]+/g)].map(([address]) => address)
    expect(addresses.length).toBeGreaterThan(0)
    for (const address of [...addresses, bridge.url]) expect(await statusOf(address), address).toBe(200)
    const client = connectBridge(bridge.url)
    onTestFinished(() => client.close())
    expect(await firstValueFrom(client.state$)).toMatchObject({ runId: 'trial' })
    const isNear = /^(127|localhost)/.test(host)
    expect(line.includes('unencrypted')).toBe(!isNear)
    expect(line.includes(CONTROLLER)).toBe(isNear)
  })

  test('with 0.0.0.0, all addresses of the machine are its Hosts, and no others', () => {
    const { hosts } = allowList('0.0.0.0', 8080, {})
    for (const name of ['127.0.0.1', 'localhost', '[::1]', ...outer]) expect(hosts).toContain(`${name}:8080`)
    for (const name of ['0.0.0.0', 'evil.example', '127.0.0.2']) expect(hosts).not.toContain(`${name}:8080`)
  })
})

test('where it cannot listen, nothing of it is left', async () => {
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const subscribe = vi.spyOn(trainer.milestones$, 'subscribe')
  for (let i = 0; i < 3; i++) {
    expect(await rejectionOf(openBridge(trainer, { port }))).toMatchObject({
      code: 'PORT_UNAVAILABLE',
      got: 'a port that is in use',
    })
  }
  expect(subscribe).not.toHaveBeenCalled()
  await opened()
  expect(subscribe).toHaveBeenCalledTimes(1)
})

test.each([
  [{ port: 70_000 }, 'INVALID_OPTION', /65535/],
  [{ port: -1 }, 'INVALID_OPTION', /65535/],
  [{ port: 1.5 }, 'INVALID_OPTION', /port/],
  [{ hosts: 'a' }, 'INVALID_OPTION', /hosts to be a list/],
  [{ origins: [1] }, 'INVALID_OPTION', /origins to be a list/],
  [{ print: 'loud' }, 'INVALID_OPTION', /print/],
  [{ scheduler: {} }, 'INVALID_OPTION', /scheduler/],
  [{ share: 0 }, 'INVALID_OPTION', /share/],
  [{ share: 2 }, 'INVALID_OPTION', /share/],
  [{ tokens: 'secret' }, 'INVALID_OPTION', /tokens/],
  [{ tokens: { admin: 'x'.repeat(20) } }, 'INVALID_OPTION', /controller/],
  [{ tokens: { controller: 'x'.repeat(15) } }, 'TOKEN_REQUIRED', /16 to 256/],
  [{ tokens: { controller: 'x'.repeat(257) } }, 'TOKEN_REQUIRED', /16 to 256/],
  [{ tokens: { viewer: 'with a blank in it' } }, 'TOKEN_REQUIRED', /letters/],
  [{ tokens: { viewer: 'ünicode-is-no-good' } }, 'TOKEN_REQUIRED', /letters/],
  [{ tokens: { controller: CONTROLLER, viewer: CONTROLLER } }, 'TOKEN_REQUIRED', /different tokens/],
  [{ host: '192.168.0.1', tokens: {} }, 'TOKEN_REQUIRED', /controller/],
])('%j is refused where it is written', async (options, code, expected) => {
  const error = await rejectionOf(openBridge(trainer, options as BridgeOptions))
  expect(error.code).toBe(code)
  expect(error.expected).toMatch(expected)
})

test('errors of the server are printed, and end nothing', async () => {
  const { createServer: create } = await import('node:http')
  const { Server } = await import('node:http')
  const listen = vi.spyOn(Server.prototype, 'listen')
  const { bridge, printed } = await opened()
  const server = listen.mock.contexts[0] as ReturnType<typeof create>
  listen.mockRestore()
  for (let i = 0; i < 3; i++) server.emit('error', Object.assign(new Error('too many'), { code: 'EMFILE' }))
  expect(printed.filter(line => line.includes('EMFILE'))).toHaveLength(1)
  expect(await statusOf(bridge.url)).toBe(200)
})

test('one that was closed takes nobody in', async () => {
  const run = await bridged()
  const server = serverOf(run.bridge)
  await run.bridge.close()
  let code: number | undefined
  server.accept({
    send: () => undefined,
    close: reason => {
      code = reason
    },
    pending: 0,
  })
  expect(code).toBe(1001)
  expect(run.clock.actions.filter(({ delay }) => delay > run.clock.frame)).toEqual([])
  await run.close()
})

test('one that is opened after another has the points of the run', async () => {
  const run = await bridged()
  void run.trainer.run()
  await run.clock.pass(1000)
  const before = serverOf(run.bridge).recorder.range('loss', 0, 1e9, 4000)
  expect(before.steps.length).toBeGreaterThan(10)
  await run.bridge.close()
  await run.clock.pass(1000)
  const again = await openBridge(run.trainer, { port: 0, print: () => undefined, scheduler: run.clock })
  onTestFinished(() => again.close())
  const after = serverOf(again).recorder.range('loss', 0, 1e9, 4000)
  expect(after.steps.slice(0, before.steps.length)).toEqual(before.steps)
  expect(after.steps.at(-1)).toBeGreaterThan((before.steps.at(-1) as number) + 100)
  await run.close()
})

test('a clock on the wall that is set back ends no client', async () => {
  const { bridge } = await opened()
  let code: number | undefined
  const session = serverOf(bridge).accept({
    send: () => undefined,
    close: reason => {
      code = reason
    },
    pending: 0,
  })
  session.receive(JSON.stringify({ type: 'hello', protocol: 1, token: CONTROLLER }))
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 60_000)
  onTestFinished(() => void vi.restoreAllMocks())
  for (let i = 0; i < 50; i++) session.receive(JSON.stringify({ type: 'ack', version: 0, received: 0 }))
  expect(code).toBeUndefined()
})
