/** Serves a bridge: HTTP for the page, and a WebSocket. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { GradstreamError } from '../../../core/index.ts'
import { type Recording, recordRun } from '../../runs/record-run.ts'
import type { Trainer } from '../../training/trainer.ts'
import { CLOSE, FRAGMENTS, PAYLOAD, SOCKET } from '../protocol.ts'
import type { Bridge } from './bridge.ts'
import { BridgeServer, STRANGERS } from './bridge-server.ts'
import { allowList, asHost, isAllowed, isLoopback, reachableAt, roleByToken } from './guard.ts'
import { Guests } from './guests.ts'
import { HEADERS, pageServer, readPages } from './pages.ts'
import { proverOf } from './prover.ts'
import { remember } from './remembered.ts'
import { METRICS, scraper } from './scraper.ts'
import type { Session } from './session.ts'
import { type BridgeOptions, type BridgeRuns, type BridgeSettings, settingsOf } from './settings.ts'

/** The most bytes in the head of a request. */
const HEAD = 8 * 1024
/** The most network chunks of a message that wait to be joined. */
const CHUNKS = 1024
/** Milliseconds. */
const PING = 30_000
const TO_ASK = 5000
const TO_CLOSE = 1000

/** Opens the server of a bridge. */
export async function serve(
  trainer: Trainer,
  options: BridgeOptions,
): Promise<{ bridge: Bridge; server: BridgeServer }> {
  const settings = settingsOf(trainer, options)
  const { host, tokens, print } = settings
  let allowed = allowList(host, settings.port, settings)
  const server = createServer(
    {
      maxHeaderSize: HEAD,
      headersTimeout: TO_ASK,
      requestTimeout: TO_ASK,
      keepAliveTimeout: TO_ASK,
      connectionsCheckingInterval: 1000,
    },
    pageServer(readPages(), () => allowed, new Map([[METRICS, scraper(() => bridgeServer)]])),
  )
  const port = await listening(server, settings, options.port === undefined)
  allowed = allowList(host, port, settings)
  // For example, too many open files. It may pass, and does not concern the run.
  const reported = new Set<string>()
  server.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    if (reported.has(code)) return
    reported.add(code)
    print(`The bridge continues after a server error: ${code}`)
  })
  const recording = await recorded(trainer, settings, server)
  keepAddress(settings, port, options.port === undefined)
  // Only now, so that a failure to listen leaves nothing behind.
  const bridgeServer = new BridgeServer(trainer, {
    ...settings,
    roleOf: roleByToken(tokens),
    ...(settings.remember !== undefined && { prover: proverOf(tokens, port) }),
  })
  const sockets = acceptSockets(server, bridgeServer, request => isAllowed(request, allowed))
  const [address = ''] = addressesOf(host, port)
  const pinging = setInterval(() => ping(sockets.clients), PING)
  let closing: Promise<void> | undefined
  const bridge: Bridge = {
    host,
    port,
    tokens,
    url: `${address}#${tokens.controller}`,
    viewerUrl: `${address}#${tokens.viewer}`,
    get clients() {
      return bridgeServer.clientInfos
    },
    close() {
      recording?.unsubscribe()
      closing ??= closeAll(server, sockets, bridgeServer, pinging)
      return closing
    },
  }
  print(
    isLoopback(host)
      ? `Watch the run: ${bridge.url}`
      : `Anyone with a token can open the run from every machine that can reach ${addressesOf(host, port).join(' or ')}. The token is sent unencrypted.`,
  )
  if (recording && settings.runs) print(recordedIn(recording, settings.runs))
  return { bridge, server: bridgeServer }
}

/** Keeps the address, if it was asked for. A port that was only in use this time stays the one that is kept. */
function keepAddress(
  { remember: name, kept, tokens, print }: BridgeSettings,
  port: number,
  mayMove: boolean,
): void {
  if (name === undefined) return
  const usual = mayMove ? (kept?.port ?? port) : port
  if (usual !== port) print(`The usual port of "${name}", ${usual}, is in use. This time it is ${port}.`)
  const isSame =
    kept?.port === usual &&
    kept.tokens.controller === tokens.controller &&
    kept.tokens.viewer === tokens.viewer
  if (isSame) return
  try {
    remember(name, { port: usual, tokens })
  } catch (error) {
    print(`The address is not kept for the next run: ${(error as Error).message}`)
  }
}

function recordedIn({ folder }: Recording, { directory, keep }: BridgeRuns): string {
  const all = keep === undefined ? 'lists all of them' : `lists the last ${keep}, and older ones are removed`
  return `The run is recorded in ${folder}; npx gradstream view ${directory} ${all}.`
}

/** The recording of the run, if it was asked for. Where it cannot begin, the port is free again. */
async function recorded(
  trainer: Trainer,
  { runs }: BridgeSettings,
  server: Server,
): Promise<Recording | undefined> {
  if (runs === undefined) return undefined
  try {
    const { directory, ...options } = runs
    return recordRun(trainer, directory, options)
  } catch (error) {
    await new Promise(resolve => server.close(resolve))
    throw error
  }
}

/** The addresses of the page, or this machine's own if no other is known. */
function addressesOf(host: string, port: number): string[] {
  const hosts = reachableAt(host)
  return (hosts.length > 0 ? hosts : ['127.0.0.1']).map(name => `http://${asHost(name)}:${port}/`)
}

/** Why the library closes a connection on its own, by close code. */
const REASONS: Readonly<Record<number, string>> = {
  [CLOSE.invalid]: 'an invalid WebSocket frame',
  [CLOSE.notText]: 'text that is not UTF-8',
  [CLOSE.policy]: `a message in more than ${FRAGMENTS} frames, or in too many pieces`,
  [CLOSE.tooLarge]: `a message of more than ${PAYLOAD} bytes`,
}

/** A WebSocket that gives the reason when it closes. */
class Talkative extends WebSocket {
  override close(code?: number, reason = REASONS[code ?? 0]): void {
    super.close(code, reason)
  }
}

/** Accepts the WebSocket requests that are allowed. */
function acceptSockets(
  server: Server,
  bridgeServer: BridgeServer,
  isAllowedIn: (request: IncomingMessage) => boolean,
): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: PAYLOAD,
    maxFragments: FRAGMENTS,
    maxBufferedChunks: CHUNKS,
    perMessageDeflate: false,
    // The option is newer than the library's types.
    ...{ closeTimeout: TO_CLOSE },
    WebSocket: Talkative,
    // A subprotocol may contain a token; do not echo it.
    handleProtocols: () => false,
  })
  const guests = new Guests(2 * STRANGERS)
  server.on('connection', (socket: Socket) => guests.enter(socket))
  server.on('upgrade', (request, socket: Socket, head) => {
    // Nothing else handles errors until this is a WebSocket.
    socket.on('error', () => socket.destroy())
    if (!isAllowedIn(request)) refuse(socket, '403 Forbidden')
    else if (request.method !== 'GET' || request.url !== `/${SOCKET}`) refuse(socket, '404 Not Found')
    else {
      sockets.handleUpgrade(request, socket, head, client => {
        const session = attend(client, socket, bridgeServer)
        guests.introduce(socket, () => session.role !== undefined)
      })
    }
  })
  // The request is not HTTP. Node's default answer reveals more than necessary.
  server.on('clientError', (_, socket) => socket.destroy())
  return sockets
}

async function closeAll(
  server: Server,
  sockets: WebSocketServer,
  bridgeServer: BridgeServer,
  pinging: NodeJS.Timeout,
): Promise<void> {
  clearInterval(pinging)
  const closed = new Promise<void>(resolve => {
    server.close(() => resolve())
  })
  await bridgeServer.close()
  server.closeIdleConnections()
  // Cut connections that do not answer the closing frame.
  const cut = setTimeout(() => {
    for (const client of sockets.clients) client.terminate()
    server.closeAllConnections()
  }, TO_CLOSE)
  await closed
  clearTimeout(cut)
}

/** Connects a WebSocket to the bridge. */
function attend(client: WebSocket, socket: Socket, bridgeServer: BridgeServer): Session {
  const together = writtenTogether(socket)
  const session = bridgeServer.accept({
    send: data => {
      together()
      client.send(data, { compress: false }, () => session.outbox.flush())
    },
    close: (code, reason) => client.close(code, reason),
    get pending() {
      return client.bufferedAmount
    },
  })
  alive.add(client)
  client.on('pong', () => alive.add(client))
  client.on('message', (data, isBinary) => {
    // A slow client receives the ping late, but its messages show that it is alive.
    alive.add(client)
    session.receive(isBinary ? (data as Buffer) : (data as Buffer).toString('utf8'))
  })
  client.on('close', () => session.close())
  // `close` follows.
  client.on('error', () => client.terminate())
  return session
}

/** Writes everything sent in one turn together, because the write is the most expensive part of a message. */
function writtenTogether(socket: Socket): () => void {
  let isCollecting = false
  return () => {
    if (isCollecting) return
    isCollecting = true
    socket.cork()
    process.nextTick(() => {
      isCollecting = false
      socket.uncork()
    })
  }
}

/** Clients that have sent something since the last ping. */
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

const REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'a port that is in use',
  EADDRNOTAVAIL: 'an address that this machine does not have',
  EACCES: 'a port that only an administrator may open',
  ENOTFOUND: 'a name that cannot be resolved',
}

/** Listens at the port, or at a free one if it is taken and `mayMove` is set. Returns the port. */
export async function listening(
  server: Server,
  { host, port }: Pick<BridgeSettings, 'host' | 'port'>,
  mayMove: boolean,
  place = 'openBridge',
): Promise<number> {
  try {
    await listeningAt(server, host, port)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (mayMove && code === 'EADDRINUSE') await listeningAt(server, host, 0)
    else {
      throw new GradstreamError('PORT_UNAVAILABLE', {
        place,
        expected: `to listen at ${host}, port ${port}`,
        got: REFUSALS[code ?? ''] ?? `the error ${code}`,
        cause: error,
      })
    }
  }
  return (server.address() as AddressInfo).port
}

function listeningAt(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
