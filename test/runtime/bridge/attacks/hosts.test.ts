/** Which names the bridge answers to: its own, by exact comparison of the Host, so no name can be bound anew to it. */
import type { Bridge } from 'gradstream'
import { expect, test } from 'vitest'
import { exchange, requestText, scene, upgradeText } from './support.ts'
import { taken } from './taken.ts'

const OWN = ['127.0.0.1:P', 'localhost:P', '[::1]:P']

/** P is the port of the bridge. Several in a list are several headers. */
const HOSTILE: readonly (string | readonly string[])[] = [
  '',
  'evil.example',
  'evil.example:P',
  '127.0.0.1',
  'localhost',
  '[::1]',
  '127.0.0.1:',
  '127.0.0.1:80',
  '127.0.0.1:1P',
  '127.0.0.1:P0',
  '127.0.0.1:0P',
  '127.0.0.1.:P',
  'localhost.:P',
  'LOCALHOST:P',
  'Localhost:P',
  'localhost.evil.example:P',
  '127.0.0.1.nip.example:P',
  '7f000001.rebind.example:P',
  '0.0.0.0:P',
  '127.1:P',
  '127.0.0.2:P',
  '2130706433:P',
  '0x7f000001:P',
  '017700000001:P',
  '::1:P',
  '[::]:P',
  '[0:0:0:0:0:0:0:1]:P',
  '[::ffff:127.0.0.1]:P',
  '[::1%25lo]:P',
  'user@127.0.0.1:P',
  '127.0.0.1:P@evil.example',
  'http://127.0.0.1:P',
  '127.0.0.1:P/',
  '127.0.0.1:P#',
  '127.0.0.1:P evil.example',
  '127.0.0.1:P, evil.example',
  ['127.0.0.1:P', 'evil.example'],
  ['evil.example', '127.0.0.1:P'],
  ['127.0.0.1:P', '127.0.0.1:P'],
]

/** What Node refuses of itself, before any guard. */
const NO_HTTP: Readonly<Record<string, string>> = {
  'no Host': 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
  'a Host before a colon with a blank': 'GET / HTTP/1.1\r\nHost : 127.0.0.1:P\r\nConnection: close\r\n\r\n',
  'a folded Host': 'GET / HTTP/1.1\r\nHost: evil.example\r\n 127.0.0.1:P\r\nConnection: close\r\n\r\n',
  'HTTP/1.0 without a Host': 'GET / HTTP/1.0\r\nConnection: close\r\n\r\n',
  'no Host, but one that a proxy forwards':
    'GET / HTTP/1.1\r\nX-Forwarded-Host: 127.0.0.1:P\r\nConnection: close\r\n\r\n',
}

/** Whole addresses as the target of a request, with an own Host: no route is called so. */
const TARGETS = [
  'http://evil.example/',
  'http://127.0.0.1:P/',
  'http://127.0.0.1:P/socket',
  'http://localhost:P/',
  '//evil.example/',
  '//127.0.0.1:P/',
  '*',
]

type Hosts = typeof HOSTILE
type Ask = (headers: readonly string[]) => string

const page: Ask = headers => requestText('GET', '/', headers)
const socket: Ask = headers => upgradeText(headers)

async function statuses({ port }: Bridge, hosts: Hosts, ask: Ask) {
  const answers = hosts.map(async host => {
    const headers = [host].flat().map(value => `Host: ${value.replaceAll('P', `${port}`)}`)
    return [String(host), (await exchange(port, ask(headers))).status] as const
  })
  return Object.fromEntries(await Promise.all(answers))
}

const all = (hosts: Hosts, status: number) => Object.fromEntries(hosts.map(host => [String(host), status]))

test('every foreign Host is refused with 403, for the page and for the socket', async () => {
  expect(HOSTILE.length).toBeGreaterThanOrEqual(30)
  const { bridge } = await scene()
  expect(await statuses(bridge, HOSTILE, page)).toEqual(all(HOSTILE, 403))
  expect(await statuses(bridge, HOSTILE, socket)).toEqual(all(HOSTILE, 403))
})

test('without the guard, every one of them gets in', async () => {
  taken.add('isAllowed')
  const { bridge } = await scene()
  expect(await statuses(bridge, HOSTILE, page)).toEqual(all(HOSTILE, 200))
  expect(await statuses(bridge, HOSTILE, socket)).toEqual(all(HOSTILE, 101))
})

test('the own Hosts get in', async () => {
  const { bridge } = await scene()
  expect(await statuses(bridge, OWN, page)).toEqual(all(OWN, 200))
  expect(await statuses(bridge, OWN, socket)).toEqual(all(OWN, 101))
})

test('a Host that was allowed gets in, and its neighbours do not', async () => {
  const { bridge } = await scene({ hosts: ['gpu1.example:8080'] })
  const neighbours = ['gpu1.example', 'gpu1.example:80', 'GPU1.example:8080', 'a.gpu1.example:8080']
  expect(await statuses(bridge, ['gpu1.example:8080'], page)).toEqual(all(['gpu1.example:8080'], 200))
  expect(await statuses(bridge, neighbours, page)).toEqual(all(neighbours, 403))
})

test.each(Object.entries(NO_HTTP))('%s is refused', async (_, text) => {
  const { bridge } = await scene()
  const { status = 400 } = await exchange(bridge.port, text.replaceAll(':P', `:${bridge.port}`))
  expect([400, 403]).toContain(status)
})

test.each(TARGETS)('the target %s is no route', async target => {
  const { bridge } = await scene()
  const { port } = bridge
  const own = [`Host: 127.0.0.1:${port}`]
  const named = target.replaceAll('P', `${port}`)
  const { status: asPage = 400 } = await exchange(port, requestText('GET', named, own))
  const { status: asSocket = 400 } = await exchange(port, upgradeText(own, named))
  expect([400, 404]).toContain(asPage)
  expect([400, 404]).toContain(asSocket)
})

test('a whole address as the target does not stand in for the Host', async () => {
  const { bridge } = await scene()
  const { port } = bridge
  const { status } = await exchange(
    port,
    requestText('GET', `http://127.0.0.1:${port}/`, ['Host: evil.example']),
  )
  expect(status).toBe(403)
})
