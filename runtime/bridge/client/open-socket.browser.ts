/**
 * Opens a WebSocket of the platform. It does not reveal why a connection fails, so this asks the bridge over
 * plain HTTP.
 */
import { ABNORMAL, reasonOfStatus } from './reasons.ts'
import type { Connection, ConnectionEvents } from './transport.ts'

export async function openSocket(url: URL, events: ConnectionEvents): Promise<Connection> {
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
  return {
    // A browser complains about a message to a socket that is closing.
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: () => socket.close(),
  }
}

/** The bridge's answer to plain HTTP at its socket says why there is no WebSocket. */
async function reasonByHttp(url: URL): Promise<string> {
  const address = new URL(url)
  address.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
  const options = { cache: 'no-store', redirect: 'follow' } as const
  try {
    const { status } = await fetch(address, options)
    return reasonOfStatus(status, url.pathname)
  } catch {
    // Nothing responds, or this page may not read the answer.
  }
  try {
    await fetch(address, { ...options, mode: 'no-cors' })
    return reasonOfStatus(403, url.pathname)
  } catch {
    const doubt = address.protocol === 'https:' ? ', or its certificate is not trusted' : ''
    return `no answer from ${url.host}${doubt}`
  }
}
