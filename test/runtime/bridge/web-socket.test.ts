/** The transport over a WebSocket, where the platform has none that takes the address. */
import { connectBridge, openBridge } from 'gradstream'
import { firstValueFrom } from 'rxjs'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { trial } from '../support.ts'

afterEach(() => vi.unstubAllGlobals())

test('a constructor that throws is a connection that did not come about, and says why', async () => {
  vi.stubGlobal('document', {})
  vi.stubGlobal(
    'WebSocket',
    class {
      constructor() {
        throw new Error(
          'An insecure WebSocket connection may not be initiated from a page loaded over HTTPS.',
        )
      }
    },
  )
  const unhandled: unknown[] = []
  const listen = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listen)
  onTestFinished(() => void process.off('unhandledRejection', listen))
  const client = connectBridge('http://127.0.0.1:9/#a-token-of-the-tests', { reconnect: false })
  const error = await firstValueFrom(client.state$).catch(thrown => thrown)
  expect(error).toMatchObject({ code: 'DISCONNECTED', got: expect.stringContaining('insecure WebSocket') })
  await new Promise(resolve => setImmediate(resolve))
  expect(unhandled).toEqual([])
})

test.each(['letters-and.digits_0123~', 'x'.repeat(256)])(
  "a token of one's own goes through the address: %s",
  async controller => {
    const { trainer } = trial()
    const bridge = await openBridge(trainer, { port: 0, print: () => undefined, tokens: { controller } })
    const client = connectBridge(bridge.url, { reconnect: false })
    onTestFinished(async () => {
      client.close()
      await bridge.close()
      trainer.dispose()
    })
    expect(await firstValueFrom(client.state$)).toEqual(trainer.state)
  },
)

test('nothing is sent to a socket that is closing: a browser would complain', async () => {
  const sent: string[] = []
  class Closing {
    static readonly OPEN = 1
    readyState = Closing.OPEN
    onopen?: () => void
    onmessage?: (event: { data: string }) => void
    send(text: string) {
      sent.push(text)
    }
    close() {
      this.readyState = 2
    }
  }
  let socket: Closing | undefined
  vi.stubGlobal('document', {})
  vi.stubGlobal(
    'WebSocket',
    class extends Closing {
      constructor() {
        super()
        socket = this
      }
    },
  )
  const client = connectBridge('http://127.0.0.1:9/#a-token-of-the-tests', { reconnect: false })
  onTestFinished(() => client.close())
  await new Promise(resolve => setImmediate(resolve))
  socket?.onopen?.()
  const greeted = sent.length
  expect(greeted).toBeGreaterThan(0)
  if (socket) socket.readyState = 2
  socket?.onopen?.()
  expect(sent.length).toBe(greeted)
})
