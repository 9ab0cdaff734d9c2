/** Connections that have not identified themselves. Their number is bounded: a new one displaces an old one. */
import type { Socket } from 'node:net'

export class Guests {
  private readonly most: number
  /** Oldest first, each with its address and whether it has identified itself. */
  private readonly sockets = new Map<Socket, { readonly from: string; isKnown: () => boolean }>()

  constructor(most: number) {
    this.most = most
  }

  /** Adds a connection. If there are too many, the oldest from the most frequent address is closed. */
  enter(socket: Socket): void {
    const { sockets, most } = this
    sockets.set(socket, { from: socket.remoteAddress ?? '', isKnown: () => false })
    socket.once('close', () => sockets.delete(socket))
    if (sockets.size <= most) return
    for (const [other, { isKnown }] of sockets) if (isKnown()) sockets.delete(other)
    if (sockets.size > most) this.firstOfMost()?.destroy()
  }

  /** Sets how to see whether a connection has identified itself. */
  introduce(socket: Socket, isKnown: () => boolean): void {
    const guest = this.sockets.get(socket)
    if (guest) guest.isKnown = isKnown
  }

  private firstOfMost(): Socket | undefined {
    const counts = new Map<string, number>()
    for (const { from } of this.sockets.values()) counts.set(from, (counts.get(from) ?? 0) + 1)
    const most = Math.max(...counts.values())
    for (const [socket, { from }] of this.sockets) if (counts.get(from) === most) return socket
    return undefined
  }
}
