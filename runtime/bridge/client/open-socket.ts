/**
 * Opens a WebSocket in Node with `ws`, which says why a connection fails. The import `#open-socket` resolves
 * to `open-socket.browser.ts` elsewhere.
 */
import * as platform from './open-socket.browser.ts'
import { reasonOfNetwork, reasonOfStatus } from './reasons.ts'
import type { Connection, ConnectionEvents } from './transport.ts'

export async function openSocket(url: URL, events: ConnectionEvents): Promise<Connection> {
  // A page in Electron may have both; treat it as a page.
  if ('document' in globalThis) return platform.openSocket(url, events)
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(url, { perMessageDeflate: false })
  let reason = ''
  socket.on('open', () => events.open())
  socket.on('message', (data, isBinary) => events.message(isBinary ? (data as Buffer) : String(data)))
  socket.on('unexpected-response', (_, { statusCode = 0, headers }) => {
    reason = reasonOfStatus(statusCode, url.pathname, headers.location)
    socket.terminate()
  })
  // `close` follows.
  socket.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    reason ||= reasonOfNetwork(code, url, message)
  })
  socket.on('close', (code, said) => events.close(code, String(said) || reason))
  return socket
}
