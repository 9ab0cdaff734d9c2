/** The files of the page: small on the way, and fetched once. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { allowList } from '../../../runtime/bridge/server/guard.ts'
import { type Page, pageOf, pageServer, takesGzip } from '../../../runtime/bridge/server/pages.ts'
import { exchange, requestText } from './attacks/support.ts'

const SCRIPT = Buffer.from('console.log("hello")\n'.repeat(500))

async function served() {
  const pages = new Map<string, Page>([
    ['/', pageOf('/', 'text/html', Buffer.from('<!doctype html>'))],
    ['/assets/index-1a2b.js', pageOf('/assets/index-1a2b.js', 'text/javascript', SCRIPT)],
  ])
  const server = createServer(pageServer(pages, () => allowList('127.0.0.1', port, {})))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return (path: string, ...more: string[]) =>
    exchange(port, requestText('GET', path, [`Host: 127.0.0.1:${port}`, ...more]))
}

test('a file whose name says what is in it is kept by browsers, the page itself is not', async () => {
  const get = await served()
  expect((await get('/assets/index-1a2b.js')).headers.get('cache-control')).toMatch(/^private.*immutable$/)
  expect((await get('/')).headers.get('cache-control')).toBe('no-store')
  expect((await get('/assets/none.js')).headers.get('cache-control')).toBe('no-store')
})

test('files are compressed for who takes that, with the same safe headers', async () => {
  const get = await served()
  const plain = await get('/assets/index-1a2b.js')
  const small = await get('/assets/index-1a2b.js', 'Accept-Encoding: br, gzip')
  expect(plain.headers.has('content-encoding')).toBe(false)
  expect(small.headers.get('content-encoding')).toBe('gzip')
  expect(small.text.length).toBeLessThan(plain.text.length / 5)
  const body = small.text.slice(small.text.indexOf('\r\n\r\n') + 4)
  expect(gunzipSync(Buffer.from(body, 'latin1')).equals(SCRIPT)).toBe(true)
  for (const name of ['content-security-policy', 'x-content-type-options', 'referrer-policy', 'vary']) {
    expect(small.headers.get(name), name).toBe(plain.headers.get(name))
    expect(small.headers.get(name), name).toBeDefined()
  }
})

test.each([
  ['gzip', true],
  ['deflate, gzip;q=1, *;q=0.5', true],
  ['x-gzip', true],
  ['gzip;q=0.5', true],
  ['gzip;q=0', false],
  ['gzip;q=0.0', false],
  ['br', false],
  ['gzipped', false],
  ['', false],
  [undefined, false],
])('Accept-Encoding %s takes gzip: %s', (accepted, takes) => {
  expect(takesGzip(accepted)).toBe(takes)
})
