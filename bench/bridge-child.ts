/** A run with a bridge, or its viewers, in a separate process; see bridge.ts. Arguments: the role and the net. */
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { ClientInfo } from '../index.ts'
import { gradstream, trainerOf } from './gradstream.ts'
import { NETS, type Net } from './nets.ts'

export type Order =
  | { do: 'open'; connections?: number }
  | { do: 'measure'; seconds: number }
  | { do: 'clients' | 'hold' | 'go on' | 'catch up' | 'slow down' | 'leave' | 'delays' }
  | { do: 'spend'; seconds: number }
  | { do: 'slow' | 'watch'; url: string }
  | { do: 'many' | 'ping'; url: string; count: number }

export interface Report {
  readonly url?: string
  /** Steps per second, for each second. */
  readonly rates?: number[]
  /** Bytes, for each second. */
  readonly memory?: number[]
  /** Of a step, in microseconds: CPU time of the process, and time. */
  readonly spent?: { readonly cpu: number; readonly time: number }
  readonly clients?: readonly ClientInfo[]
  /** How many results and events each viewer received, by name. */
  readonly received?: Readonly<Record<string, number>>
  /** Milliseconds. */
  readonly delays?: number[]
}

/** Graphs of 502 and of 2,002 nodes, for the page. */
const chain = (layers: number): Net => ({
  sizes: [8, ...new Array<number>(layers - 1).fill(8), 1],
  batch: 32,
  loss: 'binary',
})
const KNOWN: Readonly<Record<string, Net>> = { ...NETS, deep: chain(250), deeper: chain(1000) }

type Orders = (order: Order) => Promise<Report>

const clock = () => performance.timeOrigin + performance.now()

/** The run. */
function run(net: Net): Orders {
  const { trainer } = trainerOf(net, { threads: 1 })
  let bridge: Awaited<ReturnType<typeof gradstream.openBridge>>
  const measure = async (seconds: number): Promise<Report> => {
    const rates: number[] = []
    const memory: number[] = []
    let [time, { step }] = [clock(), trainer.state]
    for (let i = 0; i < seconds; i++) {
      await wait(1000)
      const [now, { step: done }] = [clock(), trainer.state]
      rates.push(((done - step) / (now - time)) * 1000)
      ;[time, step] = [now, done]
      globalThis.gc?.()
      const { heapUsed, external } = process.memoryUsage()
      memory.push(heapUsed + external)
    }
    return { rates, memory }
  }
  const spend = async (seconds: number): Promise<Report> => {
    const read = () => {
      const { user, system } = process.cpuUsage()
      return { cpu: user + system, time: 1000 * clock(), steps: trainer.state.step }
    }
    const before = read()
    await wait(1000 * seconds)
    const after = read()
    const perStep = (name: 'cpu' | 'time') => (after[name] - before[name]) / (after.steps - before.steps)
    return { spent: { cpu: perStep('cpu'), time: perStep('time') } }
  }
  return async order => {
    if (order.do === 'spend') return spend(order.seconds)
    if (order.do === 'open') {
      const { connections = 10 } = order
      bridge = await gradstream.openBridge(trainer, { port: 0, connections, print: () => undefined })
      void trainer.run()
      return { url: bridge.url }
    }
    if (order.do === 'measure') return measure(order.seconds)
    if (order.do === 'hold') await trainer.pause()
    if (order.do === 'go on') trainer.resume()
    return { clients: bridge.clients }
  }
}

/** Forwards what the other end sends, at so many bytes per second. Stops reading rather than buffering more. */
async function throttled(
  port: number,
  bytesPerSecond: () => number,
): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer(near => {
    const far = connect(port, '127.0.0.1')
    // The bridge answers only to its own address.
    near.once('data', head => {
      far.write(String(head).replace(/^host: .*$/im, `Host: 127.0.0.1:${port}`))
      near.pipe(far)
    })
    const timer = setInterval(() => {
      const bytes = Math.ceil(bytesPerSecond() / 100)
      if (bytes === 0) return
      const data = far.read(Math.min(bytes, far.readableLength)) as Buffer | null
      if (data) near.write(data)
    }, 10)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        clearInterval(timer)
        near.destroy()
        far.destroy()
      })
    }
    // Manual reading keeps the stream to its own small buffer.
    far.on('readable', () => undefined)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as { port: number }
  return {
    port: address.port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** The viewers. */
function viewers(): Orders {
  const closing: (() => void)[] = []
  const delays: number[] = []
  /** Bytes per second that slow viewers read, by name. */
  const speeds: Record<string, number> = {}
  const SLOW = { slow: 1024, silent: 0 }
  const ends: Record<string, () => number> = {}

  async function slowOnes(url: string): Promise<void> {
    const { port, hash } = new URL(url)
    // Read fast until they are connected.
    for (const name of Object.keys(SLOW)) {
      speeds[name] = 1e9
      const proxy = await throttled(Number(port), () => speeds[name] as number)
      const { socket, isIn, received } = patient(`ws://localhost:${proxy.port}/socket`, hash.slice(1), name)
      ends[name] = received
      closing.push(() => socket.terminate(), proxy.close)
      await isIn
    }
    Object.assign(speeds, SLOW)
  }

  /** Asks for what the page asks for: statistics of all nodes, and the newest points of two curves each second. */
  function watch(url: string): void {
    const client = gradstream.connectBridge(url, { name: 'watcher' })
    for (const of of ['forward', 'backward'] as const)
      client.watch({ of, what: 'stats', rate: 3 }).subscribe({ error: () => undefined })
    const asking = setInterval(() => {
      for (const name of ['loss', 'throughput']) client.series(name, { points: 400 }).catch(() => undefined)
    }, 1000)
    closing.push(
      () => clearInterval(asking),
      () => client.close(),
    )
  }

  function many(url: string, count: number): void {
    const { host, hash } = new URL(url)
    for (let i = 0; i < count; i++) {
      const socket = new WebSocket(`ws://${host}/socket`)
      closing.push(() => socket.terminate())
      socket.on('open', () => {
        socket.send(JSON.stringify({ type: 'hello', protocol: 1, token: hash.slice(1) }))
      })
      let patches = 0
      socket.on('message', data => {
        const text = String(data)
        const [, to, time] = /^\{"type":"patch","from":\d+,"to":(\d+),"time":(\d+)/.exec(text) ?? []
        if (to === undefined) return
        delays.push(clock() - Number(time))
        if (++patches % 4 === 0)
          socket.send(JSON.stringify({ type: 'ack', version: Number(to), received: 0 }))
      })
    }
  }

  async function ping(url: string, count: number): Promise<number[]> {
    const { host, hash } = new URL(url)
    const socket = new WebSocket(`ws://${host}/socket`)
    await new Promise(resolve => socket.on('open', resolve))
    socket.send(JSON.stringify({ type: 'hello', protocol: 1, token: hash.slice(1) }))
    const times: number[] = []
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      const answered = new Promise(resolve => socket.once('pong', resolve))
      socket.ping()
      await answered
      times.push(performance.now() - start)
      await wait(20)
    }
    socket.terminate()
    return times
  }

  /** What each has received, once a few heartbeats bring nothing new. */
  async function caughtUp(): Promise<Record<string, number>> {
    const received = () => Object.fromEntries(Object.entries(ends).map(([name, count]) => [name, count()]))
    for (let before = received(); ; ) {
      await wait(3000)
      const now = received()
      if (JSON.stringify(now) === JSON.stringify(before)) return now
      before = now
    }
  }

  return async order => {
    switch (order.do) {
      case 'slow':
        await slowOnes(order.url)
        return {}
      case 'catch up':
        for (const name of Object.keys(speeds)) speeds[name] = 1e9
        return { received: await caughtUp() }
      case 'slow down':
        Object.assign(speeds, SLOW)
        return {}
      case 'watch':
        watch(order.url)
        return {}
      case 'many':
        many(order.url, order.count)
        return {}
      case 'delays':
        return { delays: delays.splice(0) }
      case 'ping':
        return { delays: await ping(order.url, order.count) }
      default:
        for (const close of closing.splice(0)) close()
        return {}
    }
  }
}

/**
 * Statistics ten times a second; for the viewer that never reads also the kernel of the first layer, twice a
 * second.
 */
const QUERIES: Readonly<Record<string, readonly object[]>> = {
  slow: [{ node: 'dense1', of: 'forward', what: 'stats', rate: 10 }],
  silent: [
    { node: 'dense1', of: 'forward', what: 'stats', rate: 10 },
    { node: 'dense1', of: 'value', parameter: 'kernel', what: 'full', rate: 2 },
  ],
}

/** A client that follows the protocol, except that it never gives up, however long nothing comes. */
function patient(url: string, token: string, name: string) {
  const socket = new WebSocket(url)
  let [received, latest, version] = [0, 0, 0]
  let willTell = false
  const send = (message: object) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
  }
  socket.on('error', () => undefined)
  socket.on('open', () => {
    send({ type: 'hello', protocol: 1, token, name })
    for (const [i, query] of (QUERIES[name] ?? []).entries()) send({ type: 'watch', id: `w${i}`, query })
  })
  socket.on('message', (data, isBinary) => {
    const { n, type, to, version: whole } = isBinary ? tensorHead(data as Buffer) : JSON.parse(String(data))
    if (n !== undefined) received++
    latest = n ?? latest
    if (type === 'patch' || type === 'snapshot') version = to ?? whole
    if (willTell) return
    willTell = true
    setTimeout(() => {
      willTell = false
      send({ type: 'ack', version, received: latest })
    }, 50)
  })
  return { socket, isIn: new Promise(resolve => socket.once('message', resolve)), received: () => received }
}

const tensorHead = (frame: Buffer) => ({ n: frame.readUInt32LE(16), type: 'tensor' })

const [what, net] = process.argv.slice(2)
const obey = what === 'run' ? run(KNOWN[net as string] as Net) : viewers()
process.on('message', async (order: Order) => process.send?.(await obey(order)))
