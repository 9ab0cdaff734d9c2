/** A WebSocket that may be cut at any moment: a reset line is told by its end, and is no error that nobody listens to. */
import { type ClientOptions, WebSocket } from 'ws'

export function quietSocket(url: string, options: ClientOptions = {}): WebSocket {
  const socket = new WebSocket(url, options)
  socket.on('error', () => undefined)
  return socket
}
