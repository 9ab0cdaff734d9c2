/** Which pages may open a socket: those of the bridge itself, by exact comparison of the Origin. */
import type { Bridge } from 'gradstream'
import { expect, test } from 'vitest'
import { exchange, scene, upgradeText } from './support.ts'
import { taken } from './taken.ts'

const OWN = ['http://127.0.0.1:P', 'http://localhost:P', 'http://[::1]:P']

/** P is the port of the bridge. Several in a list are several headers. */
const HOSTILE: readonly (string | readonly string[])[] = [
  'null',
  '',
  '*',
  'undefined',
  'http://evil.example',
  'https://evil.example',
  'http://evil.example:P',
  'https://127.0.0.1:P',
  'https://localhost:P',
  'ws://127.0.0.1:P',
  'file://',
  'chrome-extension://abcdefghijklmnop',
  '127.0.0.1:P',
  '//127.0.0.1:P',
  'http://127.0.0.1',
  'http://localhost',
  'http://127.0.0.1:80',
  'http://127.0.0.1:1P',
  'http://127.0.0.1:P0',
  'http://127.0.0.1:0P',
  'http://127.0.0.1:P/',
  'http://127.0.0.1:P/index.html',
  'http://127.0.0.1:P#',
  'http://127.0.0.1:P?',
  'http://127.0.0.1.:P',
  'http://localhost.:P',
  'HTTP://127.0.0.1:P',
  'http://LOCALHOST:P',
  'http://Localhost:P',
  'http://127.0.0.1:P@evil.example',
  'http://evil.example@127.0.0.1:P',
  'http://user:word@localhost:P',
  'http://127.0.0.1:P.evil.example',
  'http://127.0.0.1.evil.example:P',
  'http://localhost.evil.example:P',
  'http://evil-localhost:P',
  'http://notlocalhost:P',
  'http://::1:P',
  'http://[::]:P',
  'http://[0:0:0:0:0:0:0:1]:P',
  'http://[::ffff:127.0.0.1]:P',
  'http://[::1%25lo]:P',
  'http://127.1:P',
  'http://2130706433:P',
  'http://0x7f.0.0.1:P',
  'http://0.0.0.0:P',
  'http://127.0.0.2:P',
  'http://127.0.0.1 :P',
  'http://127.0.0.1:P http://evil.example',
  'http://127.0.0.1:P, http://evil.example',
  'http://evil.example, http://127.0.0.1:P',
  ['http://127.0.0.1:P', 'http://evil.example'],
  ['http://evil.example', 'http://127.0.0.1:P'],
  ['http://127.0.0.1:P', 'http://127.0.0.1:P'],
  ['http://127.0.0.1:P', ''],
]

/** The statuses that upgrades with these Origins are answered with, by Origin. */
async function statuses({ port }: Bridge, origins: HOSTILES) {
  const answers = origins.map(async origin => {
    const headers = [`Host: 127.0.0.1:${port}`, ...[origin].flat().map(value => `Origin: ${value}`)]
    const { status } = await exchange(port, upgradeText(headers.map(text => text.replaceAll('P', `${port}`))))
    return [String(origin), status] as const
  })
  return Object.fromEntries(await Promise.all(answers))
}
type HOSTILES = typeof HOSTILE

const all = (origins: HOSTILES, status: number) =>
  Object.fromEntries(origins.map(origin => [String(origin), status]))

test('every foreign Origin is refused with 403', async () => {
  expect(HOSTILE.length).toBeGreaterThanOrEqual(40)
  const { bridge } = await scene()
  expect(await statuses(bridge, HOSTILE)).toEqual(all(HOSTILE, 403))
})

test('without the guard, every one of them gets in', async () => {
  taken.add('isAllowed')
  const { bridge } = await scene()
  expect(await statuses(bridge, HOSTILE)).toEqual(all(HOSTILE, 101))
})

test('the own Origins get in, and so does a client without one', async () => {
  const { bridge } = await scene()
  expect(await statuses(bridge, [...OWN, []])).toEqual(all([...OWN, []], 101))
})

test('an Origin that was allowed gets in, and its neighbours do not', async () => {
  const { bridge } = await scene({ origins: ['https://dash.example'] })
  const neighbours = ['http://dash.example', 'https://dash.example:443', 'https://a.dash.example']
  expect(await statuses(bridge, ['https://dash.example'])).toEqual(all(['https://dash.example'], 101))
  expect(await statuses(bridge, neighbours)).toEqual(all(neighbours, 403))
})
