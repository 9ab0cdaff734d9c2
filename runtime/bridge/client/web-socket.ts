/**
 * The transport over a WebSocket: in Node that of `ws`, which says why a connection does not come about; elsewhere that of
 * the platform, which keeps it to itself, so that the bridge is asked by plain HTTP.
 */
import { show } from '../../../core/index.ts'
import { ABNORMAL, reasonOfNetwork, reasonOfStatus } from './reasons.ts'
import type { Connection, ConnectionEvents, Transport } from './transport.ts'

/** Opens a WebSocket; `url` is that of the socket, with ws: or wss:. */
export function webSocketTransport(url: URL): Transport {
  const open = isNode() ? openInNode : openInBrowser
  return events => {
    let connection: Connection | undefined
    let isClosed = false
    open(url, events)
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

/** A page of Electron may have both; it is a page. */
const isNode = () =>
  typeof (globalThis as { process?: NodeJS.Process }).process?.versions?.node === 'string' &&
  !('document' in globalThis)

async function openInNode(url: URL, events: ConnectionEvents): Promise<Connection> {
  const { WebSocket } = await import('ws')
  const socket = new WebSocket(url, { perMessageDeflate: false })
  let reason = ''
  socket.on('open', () => events.open())
  socket.on('message', (data, isBinary) => events.message(isBinary ? (data as Buffer) : String(data)))
  socket.on('unexpected-response', (_, { statusCode = 0, headers }) => {
    reason = reasonOfStatus(statusCode, url.pathname, headers.location)
    socket.terminate()
  })
  // It is followed by `close`.
  socket.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    reason ||= reasonOfNetwork(code, url, message)
  })
  socket.on('close', (code, said) => events.close(code, String(said) || reason))
  return socket
}

async function openInBrowser(url: URL, events: ConnectionEvents): Promise<Connection> {
  const socket = new WebSocket(url)
  let wasOpen = false
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => {
    wasOpen = true
    events.open()
  }
  socket.onmessage = ({ data }) => {
    events.message(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer))
  }
  socket.onclose = async ({ code, reason }) => {
    const known = wasOpen || reason !== '' || code !== ABNORMAL
    events.close(code, known ? reason : await reasonByHttp(url))
  }
  return socket
}

/** What a bridge answers at its socket to plain HTTP says why there is no WebSocket. */
async function reasonByHttp(url: URL): Promise<string> {
  const address = new URL(url)
  address.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
  const options = { cache: 'no-store', redirect: 'follow' } as const
  try {
    const { status } = await fetch(address, options)
    return reasonOfStatus(status, url.pathname)
  } catch {
    // Nobody is there, or this page may not see the answer.
  }
  try {
    await fetch(address, { ...options, mode: 'no-cors' })
    return reasonOfStatus(403, url.pathname)
  } catch {
    const doubt = address.protocol === 'https:' ? ', or its certificate is not trusted' : ''
    return `nobody answers at ${url.host}${doubt}`
  }
}
