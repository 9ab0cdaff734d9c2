/** The transport over a WebSocket: that of the platform, or where there is none (Node before 22) that of `ws`. */
import { show } from '../../../core/index.ts'
import { ABNORMAL } from './refusals.ts'
import type { Connection, ConnectionEvents, Transport } from './transport.ts'

/** The part of a WebSocket's interface that is used here, which browsers, Node and `ws` share. */
interface PlatformSocket {
  binaryType: string
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onerror: (() => void) | null
  onclose: ((event: { code: number; reason: string }) => void) | null
  send(text: string): void
  close(): void
}

type PlatformWebSocket = new (url: string) => PlatformSocket

async function platformWebSocket(): Promise<PlatformWebSocket> {
  const { WebSocket } = globalThis as { WebSocket?: PlatformWebSocket }
  return WebSocket ?? ((await import('ws')).WebSocket as unknown as PlatformWebSocket)
}

export function webSocketTransport(url: string): Transport {
  return events => {
    let socket: PlatformSocket | undefined
    let isClosed = false
    platformWebSocket()
      .then(WebSocket => {
        if (!isClosed) socket = joined(new WebSocket(url), events)
      })
      // There is none, or it does not take the address: a page that came over https may not open ws://.
      .catch(error => events.close(ABNORMAL, `there is no WebSocket to ${url}: ${show(error)}`))
    return {
      send: text => socket?.send(text),
      close() {
        isClosed = true
        socket?.close()
      },
    } satisfies Connection
  }
}

function joined(socket: PlatformSocket, events: ConnectionEvents): PlatformSocket {
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => events.open()
  socket.onmessage = ({ data }) => {
    events.message(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer))
  }
  // It is followed by `close`.
  socket.onerror = () => undefined
  socket.onclose = ({ code, reason }) => events.close(code, reason)
  return socket
}
