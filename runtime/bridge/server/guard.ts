/** Admission: by exact Host and Origin of a request, and by token. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'
import type { Role } from '../protocol.ts'
import type { Tokens } from './bridge.ts'

/**
 * A shorter token could be guessed, and a longer one fits into no message. It goes into the fragment of a
 * URL, so it uses only characters that need no escaping there.
 */
export const TOKEN = /^[\w.~-]{16,256}$/

/** 192 random bits, in characters that are safe in a URL. */
export const randomToken = (): string => randomBytes(24).toString('base64url')

const digest = (text: string) => createHash('sha256').update(text).digest()

/**
 * Returns the role of a token. Compares digests in constant time, so that timing reveals neither length nor
 * similarity.
 */
export function roleByToken(tokens: Tokens): (token: string) => Role | undefined {
  const digests = { controller: digest(tokens.controller), viewer: digest(tokens.viewer) }
  return token => {
    const given = digest(token)
    const isController = timingSafeEqual(given, digests.controller)
    const isViewer = timingSafeEqual(given, digests.viewer)
    if (isController) return 'controller'
    return isViewer ? 'viewer' : undefined
  }
}

export interface AllowList {
  /** Values of the Host header: `127.0.0.1:8080`. */
  readonly hosts: ReadonlySet<string>
  /** Values of the Origin header: `http://127.0.0.1:8080`. */
  readonly origins: ReadonlySet<string>
}

/** The default allow list: the addresses that the bridge listens at, by their usual names. */
export function allowList(
  host: string,
  port: number,
  { hosts = [], origins = [] }: { hosts?: readonly string[]; origins?: readonly string[] },
): AllowList {
  const names = namesOf(host)
  // Browsers omit the default port.
  const own = names.flatMap(name => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]))
  const all = [...own, ...hosts]
  return {
    hosts: new Set(all),
    origins: new Set([
      ...all.map(name => `http://${name}`),
      ...hosts.map(name => `https://${name}`),
      ...origins,
    ]),
  }
}

function namesOf(host: string): string[] {
  const near = ['127.0.0.1', 'localhost', '[::1]']
  if (isLoopback(host)) return [...near, asHost(host)]
  if (!isWildcard(host)) return [asHost(host)]
  return [...near, ...reachableAt(host).map(asHost), hostname().toLowerCase()]
}

/** The addresses at which other machines may reach a bridge that listens at `host`. */
export function reachableAt(host: string): string[] {
  if (!isWildcard(host)) return [host]
  const all = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  // A link-local address means something else on each machine.
  const outer = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
  return outer.filter(({ family }) => family === 'IPv4' || host === '::').map(({ address }) => address)
}

/** Browsers write names in lower case. */
export const asHost = (host: string): string => (host.includes(':') ? `[${host}]` : host).toLowerCase()

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/**
 * Whether to accept a request. Without an Origin it is not from a browser, or from the page itself; several
 * values are never legitimate.
 */
export function isAllowed({ headers, rawHeaders }: IncomingMessage, { hosts, origins }: AllowList): boolean {
  const count = (name: string) =>
    rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length
  if (count('host') !== 1 || count('origin') > 1) return false
  if (!hosts.has(headers.host ?? '')) return false
  return headers.origin === undefined || origins.has(headers.origin)
}
