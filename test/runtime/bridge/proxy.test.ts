/** Behind a proxy with TLS, a path, and no patience: the page, its files and the socket are found, and stay. */
import { get } from 'node:https'
import { type ConnectionState, connectBridge } from 'gradstream'
import { firstValueFrom } from 'rxjs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hasNginx, IDLE, type Nginx, PATH, startNginx } from '../../support/nginx.ts'
import { quietSocket } from '../../support/quiet-socket.ts'
import { scene } from './attacks/support.ts'

/** What is got from an address, whoever has signed for it. */
const got = (url: string): Promise<{ status: number | undefined; text: string }> =>
  new Promise((resolve, reject) => {
    get(url, { rejectUnauthorized: false }, response => {
      let text = ''
      response.on('data', data => {
        text += data
      })
      response.on('end', () => resolve({ status: response.statusCode, text }))
    }).on('error', reject)
  })

// The client has no certificates of its own: whom Node trusts is said where Node is started.
const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
beforeAll(() => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
})
afterAll(() => {
  if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
})

describe.skipIf(!hasNginx)('nginx in front of a bridge (left out where it is not installed)', () => {
  /** The proxy is there first, so that the bridge knows whom to answer to. */
  async function proxied() {
    let nginx: Nginx | undefined
    const { bridge: first } = await scene()
    nginx = await startNginx(first.port)
    const { port } = nginx
    onTestFinished(() => nginx.stop())
    await first.close()
    const { bridge, trainer } = await scene({ port: first.port, hosts: [`127.0.0.1:${port}`] })
    return { nginx, bridge, trainer }
  }

  test('the page and all that it asks for lie below its path', async () => {
    const { nginx } = await proxied()
    const page = await got(nginx.address)
    expect(page.status).toBe(200)
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1] as string)
    expect(files.length).toBeGreaterThan(2)
    for (const file of files) {
      const url = new URL(file, nginx.address)
      expect(url.pathname.startsWith(PATH)).toBe(true)
      expect((await got(url.href)).status).toBe(200)
    }
  })

  test.each(['', '/'])('a client finds the socket, and stays although nothing happens: %j', async slash => {
    const { nginx, bridge, trainer } = await proxied()
    const client = connectBridge(`${nginx.address.slice(0, -1)}${slash}#${bridge.tokens.controller}`)
    onTestFinished(() => client.close())
    await firstValueFrom(client.state$)
    const start = performance.now()
    const seen: ConnectionState[] = []
    client.connection$.subscribe(state => seen.push(state))
    await expect.poll(() => performance.now() - start > 1.5 * IDLE).toBe(true)
    await client.send({ type: 'set', node: 'sgd1', values: { learningRate: 0.05 } })
    expect(trainer.model.node('sgd1').config.learningRate).toBe(0.05)
    expect(seen.length).toBeGreaterThan(1)
    expect(new Set(seen.map(({ status, connections }) => `${status} ${connections}`))).toEqual(
      new Set(['open 1']),
    )
  })

  test('one that says nothing is cut by the proxy, so it is the heartbeat that keeps the others', async () => {
    const { nginx, bridge } = await proxied()
    const socket = quietSocket(`${nginx.address.replace('https', 'wss')}socket`)
    onTestFinished(() => socket.terminate())
    const start = performance.now()
    const ended = new Promise<number>(resolve => socket.on('close', resolve))
    await ended
    expect(performance.now() - start).toBeGreaterThan(0.9 * IDLE)
    expect(bridge.clients).toEqual([])
  })

  test('a bridge that is gone, and a wrong path, are told apart', async () => {
    const { nginx, bridge } = await proxied()
    const reasonAt = async (address: string) => {
      const client = connectBridge(address, { token: 'a-token-of-the-tests', reconnect: false })
      const error = await firstValueFrom(client.state$).catch(thrown => thrown)
      return error.got
    }
    expect(await reasonAt(nginx.address)).toBe('the token is wrong')
    expect(await reasonAt(`${nginx.origin}/runs/8/`)).toBe('there is no bridge at /runs/8/socket (404)')
    await bridge.close()
    expect(await reasonAt(nginx.address)).toBe('the proxy cannot reach the bridge (502)')
  })
})
