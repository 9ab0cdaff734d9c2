/** `connectBridge`: makes a client for the address of a bridge. */
import { asyncScheduler, type SchedulerLike } from 'rxjs'
import { CheckFailed, check, checkedAt, GradstreamError, show } from '../../../core/index.ts'
import { NAME_RULE, nameOf, SOCKET } from '../protocol.ts'
import { BridgeClient } from './bridge-client.ts'
import type { Connection, Transport } from './transport.ts'
import { webSocketTransport } from './web-socket.ts'

export interface ConnectOptions {
  /** By default the one in the fragment of the address. */
  readonly token?: string
  /**
   * The author of its commands in the events of the run, at most 64 characters; by default its role with a number. If somebody connected has the
   * same, the bridge adds a number.
   */
  readonly name?: string
  /** Whether to reconnect, and after how many milliseconds: by default 250 at first, 10,000 at most. */
  readonly reconnect?: boolean | { readonly first?: number; readonly most?: number }
  /** The clock, by default the system's; pass one in tests. */
  readonly scheduler?: SchedulerLike
  /**
   * Random numbers from 0 to 1 for the waits between attempts, so that clients do not all reconnect at once;
   * by default `Math.random`.
   */
  readonly random?: () => number
}

const AGAIN = { first: 250, most: 10_000 } as const

/**
 * Connects to the bridge of a run.
 *
 * @param to the address that `openBridge` printed, or a transport
 * @throws GradstreamError `INVALID_OPTION`
 * @example connectBridge('http://127.0.0.1:8080/#token').state$.subscribe(({ metrics }) => console.log(metrics))
 */
export function connectBridge(to: string | Transport, options: ConnectOptions = {}): BridgeClient {
  const checked = checkedAt('connectBridge', 'INVALID_OPTION', () => check.options(options, OPTIONS))
  const { name, reconnect = true, scheduler = asyncScheduler, random = Math.random } = checked
  const { transport, fragment } =
    typeof to === 'function' ? { transport: demanded(to), fragment: '' } : reached(to)
  const { token = fragment } = checked
  const again = waitsOf(reconnect)
  checkedAt('connectBridge', 'INVALID_OPTION', () => {
    if (token === '')
      throw new CheckFailed('a token', 'none', {
        hint: 'Copy the whole address that openBridge printed, including the part after #, or pass { token }.',
      })
    check.text({ token })
    if (name !== undefined) {
      check.text({ name })
      if (nameOf(name) === undefined) throw new CheckFailed(`name to be ${NAME_RULE}`, show(name))
    }
    for (const [option, value] of Object.entries(again ?? {})) check.positiveNumber({ [option]: value })
    check.scheduler({ scheduler })
    check.callable({ random })
  })
  return new BridgeClient(transport, { token, name, again, scheduler, random })
}

const OPTIONS = ['token', 'name', 'reconnect', 'scheduler', 'random']

/** How long to wait between attempts; undefined for a single one. */
function waitsOf(
  reconnect: NonNullable<ConnectOptions['reconnect']>,
): { first: number; most: number } | undefined {
  if (typeof reconnect === 'boolean') return reconnect ? AGAIN : undefined
  const own = checkedAt('connectBridge: reconnect', 'INVALID_OPTION', () =>
    check.options(reconnect, ['first', 'most']),
  )
  return { ...AGAIN, ...own }
}

/** A transport whose result is checked. */
function demanded(transport: Transport): Transport {
  return events => {
    let connection: Connection
    try {
      connection = transport(events)
    } catch (cause) {
      if (cause instanceof GradstreamError) throw cause
      throw invalid('a transport that opens a connection', `one that threw "${show(cause)}"`)
    }
    if (typeof connection?.send === 'function' && typeof connection.close === 'function') return connection
    throw invalid('a transport that returns a connection with send() and close()', show(connection))
  }
}

const SCHEMES: Readonly<Record<string, string>> = {
  'http:': 'ws:',
  'https:': 'wss:',
  'ws:': 'ws:',
  'wss:': 'wss:',
}

function reached(address: string): { transport: Transport; fragment: string } {
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined
  const scheme = url && SCHEMES[url.protocol]
  if (!url || !scheme) {
    throw invalid('an address such as "http://127.0.0.1:8080/#token"', show(address))
  }
  const socket = new URL(socketPath(url.pathname), `${scheme}//${url.host}`)
  return { transport: webSocketTransport(socket), fragment: url.hash.slice(1) }
}

/** The socket is below the address of the page, whatever its path. The address of the socket itself works too. */
function socketPath(path: string): string {
  const folder = path.endsWith('/') ? path : `${path}/`
  return path.endsWith(`/${SOCKET}`) ? path : folder + SOCKET
}

const invalid = (expected: string, got: string) =>
  new GradstreamError('INVALID_OPTION', { place: 'connectBridge', expected, got })
