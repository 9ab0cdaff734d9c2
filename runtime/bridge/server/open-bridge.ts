/** `openBridge`: a run, for everybody who may see it. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { asyncScheduler, type SchedulerLike } from 'rxjs'
import { type WebSocket, WebSocketServer } from 'ws'
import { check, checkedAt, GradstreamError, show } from '../../../core/index.ts'
import { Trainer } from '../../training/trainer.ts'
import { PAYLOAD, SOCKET_PATH } from '../protocol.ts'
import {
  allowList,
  isAllowed,
  isLoopback,
  randomToken,
  roleByToken,
  TOKEN_LENGTH,
  type Tokens,
} from './guard.ts'
import { type ClientInfo, Hub, STRANGERS } from './hub.ts'
import { HEADERS, pageServer, readPages } from './pages.ts'

export interface BridgeOptions {
  /** 8080 by default, or one that is free where that is taken; 0 takes one that is free. */
  readonly port?: number
  /** The address to listen at; `'127.0.0.1'`, which only this machine reaches, by default. Any other needs `tokens`. */
  readonly host?: string
  /** Random ones by default. At least 16 characters each. */
  readonly tokens?: Partial<Tokens>
  /** How often a second the state is published at most; 20 by default. */
  readonly rate?: number
  /** How many clients there may be at a time; 100 by default. */
  readonly connections?: number
  /** Further values of the Host header to answer to, such as `'gpu1.example:8080'` behind a proxy. */
  readonly hosts?: readonly string[]
  /** Further origins whose pages may connect, such as `'https://dash.example'`. */
  readonly origins?: readonly string[]
  /** Is told the address, once; `console.log` by default. */
  readonly print?: (line: string) => void
  /** The clock of publications; inject one in tests. */
  readonly scheduler?: SchedulerLike
}

const DEFAULTS: Required<BridgeOptions> = {
  port: 8080,
  host: '127.0.0.1',
  tokens: {},
  rate: 20,
  connections: 100,
  hosts: [],
  origins: [],
  print: (line: string) => console.log(line),
  scheduler: asyncScheduler,
}

/** Bytes of the head of a request. */
const HEAD = 8 * 1024
/** Pieces that a message may come in, and that may wait to be put together. */
const FRAGMENTS = 16
const CHUNKS = 128
/** Milliseconds. */
const PING = 30_000
const TO_ASK = 5000
const TO_CLOSE = 1000

/** A bridge that is open. */
export interface Bridge {
  readonly host: string
  readonly port: number
  readonly tokens: Tokens
  /** The address, with the controller's token in its fragment, which browsers send to nobody. */
  readonly url: string
  /** The same with the viewer's token. */
  readonly viewerUrl: string
  /** Who is connected, and what was made for and dropped by each. */
  readonly clients: readonly ClientInfo[]
  /** Ends all connections, and gives the port back. The run goes on. */
  close(): Promise<void>
}

const hubs = new WeakMap<Bridge, Hub>()

/** The hub of a bridge, for clients in the same process. */
export const hubOf = (bridge: Bridge): Hub => hubs.get(bridge) as Hub

/**
 * Opens a bridge to a run: an HTTP server with a WebSocket behind it.
 *
 * @throws GradstreamError (as a rejection) `INVALID_OPTION`, `TOKEN_REQUIRED`, `PORT_UNAVAILABLE`.
 * @example const bridge = await openBridge(trainer, { port: 8080 })
 */
export async function openBridge(trainer: Trainer, options: BridgeOptions = {}): Promise<Bridge> {
  const settings = { ...DEFAULTS, ...given(options) }
  checkSettings(trainer, settings)
  const { host, rate, connections, scheduler, print } = settings
  const tokens: Tokens = { controller: randomToken(), viewer: randomToken(), ...given(settings.tokens) }
  const hub = new Hub(trainer, { rate, connections, scheduler, roleOf: roleByToken(tokens) })

  let allowed = allowList(host, settings.port, settings)
  const server = createServer(
    {
      maxHeaderSize: HEAD,
      headersTimeout: TO_ASK,
      requestTimeout: TO_ASK,
      keepAliveTimeout: TO_ASK,
      connectionsCheckingInterval: 1000,
    },
    pageServer(readPages(), () => allowed),
  )
  server.maxConnections = connections + 2 * STRANGERS
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: PAYLOAD,
    maxFragments: FRAGMENTS,
    maxBufferedChunks: CHUNKS,
    perMessageDeflate: false,
    // Newer than its types.
    ...{ closeTimeout: TO_CLOSE },
    // A subprotocol may be a token, which is not repeated.
    handleProtocols: () => false,
  })
  server.on('upgrade', (request, socket: Socket, head) => {
    // Until it is a WebSocket, nobody else listens.
    socket.on('error', () => socket.destroy())
    if (!isAllowed(request, allowed)) refuse(socket, '403 Forbidden')
    else if (request.method !== 'GET' || request.url !== SOCKET_PATH) refuse(socket, '404 Not Found')
    else if (hub.isFull) refuse(socket, '503 Service Unavailable')
    else sockets.handleUpgrade(request, socket, head, client => attend(client, hub))
  })
  // A request that is no HTTP. The answer of Node would do, but this one says less.
  server.on('clientError', (_, socket) => socket.destroy())
  try {
    await listening(server, settings)
  } catch (error) {
    if (options.port !== undefined || !isTaken(error)) throw error
    await listening(server, { host, port: 0 })
  }

  const { port } = server.address() as AddressInfo
  allowed = allowList(host, port, settings)
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}/`
  const pinging = setInterval(() => ping(sockets.clients), PING)
  let closing: Promise<void> | undefined
  const bridge: Bridge = {
    host,
    port,
    tokens,
    url: `${address}#${encodeURIComponent(tokens.controller)}`,
    viewerUrl: `${address}#${encodeURIComponent(tokens.viewer)}`,
    get clients() {
      return hub.clientInfos
    },
    close() {
      closing ??= closeAll(server, sockets, hub, pinging)
      return closing
    },
  }
  hubs.set(bridge, hub)
  const isOpen = !isLoopback(host)
  print(
    isOpen
      ? `The run is open to every machine that reaches ${host}, port ${port}, for those who have a token: ${address}`
      : `Watch the run: ${bridge.url}`,
  )
  return bridge
}

async function closeAll(
  server: Server,
  sockets: WebSocketServer,
  hub: Hub,
  pinging: NodeJS.Timeout,
): Promise<void> {
  clearInterval(pinging)
  const closed = new Promise<void>(resolve => {
    server.close(() => resolve())
  })
  await hub.close()
  server.closeIdleConnections()
  // Those that do not answer the closing frame are cut.
  const cut = setTimeout(() => {
    for (const client of sockets.clients) client.terminate()
    server.closeAllConnections()
  }, TO_CLOSE)
  await closed
  clearTimeout(cut)
}

/** Joins a WebSocket to the hub. */
function attend(client: WebSocket, hub: Hub): void {
  const session = hub.accept({
    send: data => client.send(data, { compress: false }, () => session.outbox.flush()),
    close: (code, reason) => client.close(code, reason),
    get pending() {
      return client.bufferedAmount
    },
  })
  alive.add(client)
  client.on('pong', () => alive.add(client))
  client.on('message', (data, isBinary) => {
    session.receive(isBinary ? (data as Buffer) : (data as Buffer).toString('utf8'))
  })
  client.on('close', () => session.close())
  // It is followed by `close`.
  client.on('error', () => client.terminate())
}

/** Those that have answered since the last ping. */
const alive = new WeakSet<WebSocket>()

function ping(clients: Iterable<WebSocket>): void {
  for (const client of clients) {
    if (!alive.has(client)) client.terminate()
    else {
      alive.delete(client)
      client.ping()
    }
  }
}

function refuse(socket: Socket, status: string): void {
  const headers = { ...HEADERS, Connection: 'close', 'Content-Length': 0 }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end([`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n'))
}

const isTaken = (error: unknown) => ((error as Error).cause as NodeJS.ErrnoException).code === 'EADDRINUSE'

const REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'a port that is taken',
  EADDRNOTAVAIL: 'an address that this machine does not have',
  EACCES: 'a port that only an administrator may open',
  ENOTFOUND: 'a name that nobody knows',
}

function listening(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new GradstreamError('PORT_UNAVAILABLE', {
          place: 'openBridge',
          expected: `to listen at ${host}, port ${port}`,
          got: REFUSALS[cause.code ?? ''] ?? `the error ${cause.code}`,
          cause,
        }),
      )
    })
    server.listen(port, host, resolve)
  })
}

function checkSettings(trainer: Trainer, settings: Required<BridgeOptions>): void {
  const { host, port, rate, connections, tokens } = settings
  if (!(trainer instanceof Trainer)) {
    throw new GradstreamError('INVALID_OPTION', {
      place: 'openBridge',
      expected: 'a trainer made by createTrainer()',
      got: show(trainer),
    })
  }
  checkedAt('openBridge', 'INVALID_OPTION', () => {
    check.knownOptions(settings, Object.keys(DEFAULTS))
    check.text({ host })
    check.integer({ port })
    check.positiveNumber({ rate })
    check.positiveInteger({ connections })
  })
  for (const [role, token] of Object.entries(given(tokens))) {
    if (typeof token === 'string' && token.length >= TOKEN_LENGTH) continue
    throw new GradstreamError('TOKEN_REQUIRED', {
      place: 'openBridge',
      expected: `a token of at least ${TOKEN_LENGTH} characters for the ${role}`,
      got: 'one that could be guessed',
    })
  }
  if (isLoopback(host) || tokens.controller !== undefined) return
  throw new GradstreamError('TOKEN_REQUIRED', {
    place: 'openBridge',
    expected: `tokens: { controller } to open the run at ${host}`,
    got: 'none',
  })
}

/** The options that are there. */
const given = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
