/** A TCP relay in front of a bridge, whose lines can be cut. */
import { connect, createServer, type Socket } from 'node:net'

export interface Relay {
  /** The address of the socket behind it. */
  readonly url: string
  /** Breaks all lines, without a closing frame. */
  cut(): void
  close(): Promise<void>
}

export async function relayTo(port: number): Promise<Relay> {
  const sockets = new Set<Socket>()
  const server = createServer(near => {
    const far = connect(port, '127.0.0.1')
    // The bridge answers to its own address alone.
    near.once('data', head => {
      far.write(String(head).replace(/^host: .*$/im, `Host: 127.0.0.1:${port}`))
      near.pipe(far).pipe(near)
    })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        near.destroy()
        far.destroy()
        sockets.delete(socket)
      })
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `ws://127.0.0.1:${(server.address() as { port: number }).port}/socket`,
    cut,
    close() {
      cut()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
