/** What the bridge answers to plain HTTP: its page to its own pages and tools, and nothing to anybody else. */
import type { Bridge } from 'gradstream'
import { expect, test } from 'vitest'
import { readPages } from '../../../../runtime/bridge/server/pages.ts'
import { type Answer, exchange, requestText, scene, upgradeText } from './support.ts'
import { taken } from './taken.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT']
/** All that there is, the built files of the page included. */
const PAGES = [...readPages().keys()]
const ROUTES = [
  ...PAGES,
  '/metrics',
  '/socket',
  '/socket/',
  '/../',
  '/socket?x=1',
  '//',
  '/index.html',
  '/%2e%2e/package.json',
  '/../package.json',
  '/assets/../../package.json',
  '/__proto__',
  '/?token=x',
  '/?view&token=x',
  '/?view&axis=time&token=x',
]
/** A socket without an upgrade, and figures without a token. */
const WITHOUT_PAGE: Readonly<Record<string, number>> = { '/socket': 426, '/metrics': 401 }
const PAIRS = ROUTES.flatMap(route => METHODS.map(method => [method, route] as const))

test('the page was built, so that its files are asked for as well', () => {
  expect(PAGES).toContain('/')
  for (const kind of ['.js', '.css', '.svg']) expect(PAGES.some(path => path.endsWith(kind))).toBe(true)
})

const SECURITY: Readonly<Record<string, RegExp>> = {
  'content-security-policy': /^default-src 'self'(?!.*unsafe).*object-src 'none'.*frame-ancestors 'none'/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /^no-referrer$/,
  'cache-control': /^no-store$/,
}

/** The answer to each pair, by its name; `isUpgrade` asks for a WebSocket. */
async function answers({ port }: Bridge, origin: string | undefined, isUpgrade = false) {
  const headers = [`Host: 127.0.0.1:${port}`, ...(origin === undefined ? [] : [`Origin: ${origin}`])]
  const asked: Record<string, Answer> = {}
  for (const [method, route] of PAIRS) {
    const text = isUpgrade ? upgradeText(headers, route, method) : requestText(method, route, headers)
    asked[`${method} ${route}`] = await exchange(port, text)
  }
  return asked
}

const statusesOf = (asked: Readonly<Record<string, Answer>>) =>
  Object.fromEntries(Object.entries(asked).map(([pair, { status = 'closed' }]) => [pair, status]))

const FOREIGN = 'http://evil.example'

for (const isUpgrade of [false, true]) {
  const what = isUpgrade ? 'a WebSocket' : 'a page'
  test(`from a foreign Origin, every method on every route that asks for ${what} is refused`, async () => {
    const { bridge } = await scene()
    const asked = await answers(bridge, FOREIGN, isUpgrade)
    for (const [pair, status] of Object.entries(statusesOf(asked))) {
      // Node closes on CONNECT of itself.
      expect(pair.startsWith('CONNECT ') ? [403, 'closed'] : [403], pair).toContain(status)
    }
    for (const [pair, { headers, text }] of Object.entries(asked)) {
      const allowances = [...headers.keys()].filter(name => name.startsWith('access-control-'))
      expect(allowances, pair).toEqual([])
      expect(text, pair).not.toContain(FOREIGN)
      if (!text.startsWith('HTTP')) continue
      for (const [name, value] of Object.entries(SECURITY))
        expect(headers.get(name), `${pair} ${name}`).toMatch(value)
    }
  })

  test(`without the guard, a foreign Origin gets ${what}`, async () => {
    taken.add('isAllowed')
    const { bridge } = await scene()
    const statuses = statusesOf(await answers(bridge, FOREIGN, isUpgrade))
    expect(statuses).toMatchObject(
      isUpgrade
        ? { 'GET /socket': 101 }
        : Object.fromEntries(
            PAGES.flatMap(path => ['GET', 'HEAD'].map(method => [`${method} ${path}`, 200])),
          ),
    )
    expect(Object.values(statuses)).not.toContain(403)
  })
}

test.each([undefined, 'own'])(
  'for Origin %s, GET and HEAD of the page are answered, and nothing else',
  async own => {
    const { bridge } = await scene()
    const asked = await answers(bridge, own && `http://127.0.0.1:${bridge.port}`)
    for (const [pair, { status = 'closed', headers, text }] of Object.entries(asked)) {
      const [method = '', route] = pair.split(' ')
      const isRead = method === 'GET' || method === 'HEAD'
      const found = PAGES.includes(route as string) ? 200 : (WITHOUT_PAGE[route as string] ?? 404)
      expect(status, pair).toBe(method === 'CONNECT' ? 'closed' : isRead ? found : 405)
      if (status === 'closed') continue
      // What lies in assets is named by what is in it, and nothing of a run.
      const isKept = status === 200 && route?.startsWith('/assets/')
      const kept = { 'cache-control': /^private, max-age=31536000, immutable$/ }
      for (const [name, value] of Object.entries({ ...SECURITY, ...(isKept && kept) }))
        expect(headers.get(name), `${pair} ${name}`).toMatch(value)
      expect([...headers.keys()].filter(name => name.startsWith('access-control-'))).toEqual([])
      expect(text).not.toContain('"name": "gradstream"')
      if (method === 'HEAD') expect(text.split('\r\n\r\n')[1]).toBe('')
    }
  },
)

test('from the own Origin, only GET of the socket is upgraded', async () => {
  const { bridge } = await scene()
  const statuses = statusesOf(await answers(bridge, `http://127.0.0.1:${bridge.port}`, true))
  for (const [pair, status] of Object.entries(statuses)) {
    const expected = pair === 'GET /socket' ? [101] : pair.startsWith('CONNECT ') ? ['closed', 404] : [404]
    expect(expected, pair).toContain(status)
  }
})

test('a page of another origin that may come sees what its socket answers, and one that may not sees that somebody does', async () => {
  const { bridge } = await scene({ origins: ['https://dash.example'] })
  const asked = async (origin: string) => {
    const headers = [`Host: 127.0.0.1:${bridge.port}`, `Origin: ${origin}`]
    const { status, headers: found } = await exchange(bridge.port, requestText('GET', '/socket', headers))
    const names = ['access-control-allow-origin', 'cross-origin-resource-policy', 'upgrade']
    return [status, ...names.map(name => found.get(name))]
  }
  expect(await asked('https://dash.example')).toEqual([
    426,
    'https://dash.example',
    'cross-origin',
    'websocket',
  ])
  expect(await asked(FOREIGN)).toEqual([403, undefined, 'cross-origin', undefined])
})

test('the body of a refused request is not waited for', async () => {
  const { bridge } = await scene()
  const { port } = bridge
  const headers = [`Host: 127.0.0.1:${port}`, 'Content-Type: application/json', 'Content-Length: 1000000']
  const { status } = await exchange(port, requestText('POST', '/', headers))
  expect(status).toBe(405)
})
