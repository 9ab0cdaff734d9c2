/** Connections of which nobody knows yet whose they are: so many, and where one more comes, one has to go. */
import type { Socket } from 'node:net'

export class Guests {
  private readonly most: number
  /** Those that came first are in front; each with where it comes from, and whether it is known by now. */
  private readonly sockets = new Map<Socket, { readonly from: string; isKnown: () => boolean }>()

  constructor(most: number) {
    this.most = most
  }

  /** Somebody has come. Of the address that has most, the one that came first makes room. */
  enter(socket: Socket): void {
    const { sockets, most } = this
    sockets.set(socket, { from: socket.remoteAddress ?? '', isKnown: () => false })
    socket.once('close', () => sockets.delete(socket))
    if (sockets.size <= most) return
    for (const [other, { isKnown }] of sockets) if (isKnown()) sockets.delete(other)
    if (sockets.size > most) this.firstOfMost()?.destroy()
  }

  /** Says how it is seen whose connection it is. */
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
