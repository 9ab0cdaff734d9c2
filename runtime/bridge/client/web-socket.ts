/** The transport over a WebSocket. */
import { openSocket } from '#open-socket'
import { show } from '../../../core/index.ts'
import { ABNORMAL } from './reasons.ts'
import type { Connection, Transport } from './transport.ts'

/** Opens a WebSocket; `url` is that of the socket, with ws: or wss:. */
export function webSocketTransport(url: URL): Transport {
  return events => {
    let connection: Connection | undefined
    let isClosed = false
    openSocket(url, events)
      .then(opened => {
        connection = opened
        if (isClosed) opened.close()
      })
      // It does not take the address: a page that came over https may not open ws://.
      .catch(error => events.close(ABNORMAL, `there is no WebSocket to ${url.host}: ${show(error)}`))
    return {
      send: text => connection?.send(text),
      close() {
        isClosed = true
        connection?.close()
      },
    }
  }
}
