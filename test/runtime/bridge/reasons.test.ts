/** Why there is no connection: the true reason, for each way in which there may be none. */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connectBridge } from 'gradstream'
import { firstValueFrom } from 'rxjs'
import { expect, onTestFinished, test } from 'vitest'
import { certificate, hasOpenssl } from '../../support/certificate.ts'
import { Guest, scene } from './attacks/support.ts'

/** Why a client has no connection that tries once. */
async function reasonAt(address: string, token = 'a-token-of-the-tests'): Promise<string> {
  const client = connectBridge(address, { token, reconnect: false })
  onTestFinished(() => client.close())
  const error = await firstValueFrom(client.state$).catch(thrown => thrown)
  expect(['DISCONNECTED', 'UNAUTHORIZED']).toContain(error.code)
  expect(await firstValueFrom(client.connection$)).toMatchObject({ status: 'closed', reason: error.got })
  return error.got
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A port at which nobody listens any more. */
async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  await new Promise(resolve => server.close(resolve))
  return port
}

test('a port at which nobody listens', async () => {
  const port = await freePort()
  expect(await reasonAt(`http://127.0.0.1:${port}/`)).toBe(`nothing is listening at 127.0.0.1:${port}`)
})

test('a host that there is not', async () => {
  expect(await reasonAt('http://no-such-host.invalid:8080/')).toBe(
    'the name no-such-host.invalid:8080 cannot be resolved',
  )
})

test('a wrong path', async () => {
  const { bridge } = await scene()
  const { controller } = bridge.tokens
  for (const path of ['runs/7', 'runs/7/', 'runs/7/socket'])
    expect(await reasonAt(`http://127.0.0.1:${bridge.port}/${path}`, controller)).toBe(
      'there is no bridge at /runs/7/socket (404)',
    )
})

test('a name that the bridge is not known by', async () => {
  const { bridge } = await scene()
  const hosted = createServer((request, response) => response.end(request.url))
  hosted.on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'))
  const port = await listening(hosted)
  expect(await reasonAt(`http://127.0.0.1:${port}/`)).toMatch(
    /^the server refused the request \(403\); .* hosts and origins of openBridge$/,
  )
  expect(bridge.clients).toEqual([])
})

test.each([
  [401, /^the server requires a login \(401\)$/],
  [502, /^the proxy cannot reach the bridge \(502\)$/],
  [503, /^the proxy cannot reach the bridge \(503\)$/],
  [301, /^the bridge is elsewhere \(301\): https:\/\/elsewhere.example\/socket$/],
  [200, /^the server at \/socket is not a bridge \(200\)$/],
])('what answers with %i', async (status, reason) => {
  const server = createServer((_, response) => response.writeHead(status).end())
  server.on('upgrade', (_, socket) => {
    socket.end(
      `HTTP/1.1 ${status} X\r\nLocation: https://elsewhere.example/socket\r\nContent-Length: 0\r\n\r\n`,
    )
  })
  expect(await reasonAt(`http://127.0.0.1:${await listening(server)}/`)).toMatch(reason)
})

test('a wrong token, and too many clients', async () => {
  const { bridge } = await scene({ connections: 1 })
  const address = `http://127.0.0.1:${bridge.port}/`
  expect(await reasonAt(address, 'a-token-of-nobody-at-all')).toBe('the token is wrong')
  await new Guest(bridge).hello(bridge.tokens.viewer)
  expect(await reasonAt(address, bridge.tokens.viewer)).toBe('there are too many clients')
})

test.skipIf(!hasOpenssl)(
  'a certificate that nobody trusts, and the wrong one of http and https',
  async () => {
    const { bridge } = await scene()
    const { key, cert, remove } = certificate()
    onTestFinished(remove)
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) })
    const port = await listening(server)
    expect(await reasonAt(`https://127.0.0.1:${port}/`)).toMatch(
      /^the certificate of 127.0.0.1:\d+ is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    )
    expect(await reasonAt(`https://127.0.0.1:${bridge.port}/`)).toMatch(
      /closed the connection \(\w+\); it may expect http, not https$/,
    )
    expect(await reasonAt(`http://127.0.0.1:${port}/`)).toMatch(
      /closed the connection \(\w+\); it may expect https, not http$/,
    )
  },
)

test('a connection that was there', async () => {
  const { bridge } = await scene()
  const client = connectBridge(bridge.url, { reconnect: { first: 10_000 } })
  onTestFinished(() => client.close())
  await firstValueFrom(client.state$)
  const reasons: (string | undefined)[] = []
  client.connection$.subscribe(({ reason }) => reasons.push(reason))
  await bridge.close()
  // Others may follow: it tries again.
  await expect.poll(() => reasons).toContain('the bridge was closed')
})
