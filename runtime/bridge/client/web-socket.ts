/** The transport over a WebSocket. */
import { openSocket } from '#open-socket'
import { show } from '../../../core/index.ts'
import { ABNORMAL } from './reasons.ts'
import type { Connection, Transport } from './transport.ts'

/** Opens a WebSocket at a ws: or wss: URL. */
export function webSocketTransport(url: URL): Transport {
  return events => {
    let connection: Connection | undefined
    let isClosed = false
    openSocket(url, events)
      .then(opened => {
        connection = opened
        if (isClosed) opened.close()
      })
      // The platform rejects the address: a page served over https may not open ws://.
      .catch(error => events.close(ABNORMAL, `cannot open a WebSocket to ${url.host}: ${show(error)}`))
    return {
      send: text => connection?.send(text),
      close() {
        isClosed = true
        connection?.close()
      },
    }
  }
}
