/** Who may come in: by the Host and Origin of a request, by exact comparison, and by token. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Role } from '../protocol.ts'

/** Tokens shorter than this could be guessed. */
export const TOKEN_LENGTH = 16

export interface Tokens {
  readonly controller: string
  readonly viewer: string
}

/** 192 random bits, in characters that a URL takes. */
export const randomToken = (): string => randomBytes(24).toString('base64url')

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Says which role a token has. Digests are compared, in constant time, so neither length nor likeness shows. */
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

/** What is allowed of itself: the address that the bridge listens at, by its usual names. */
export function allowList(
  host: string,
  port: number,
  { hosts = [], origins = [] }: { hosts?: readonly string[]; origins?: readonly string[] },
): AllowList {
  const names = isLoopback(host)
    ? ['127.0.0.1', 'localhost', '[::1]']
    : [host.includes(':') ? `[${host}]` : host]
  // A browser leaves out the port that is usual.
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

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/**
 * Whether a request may go on. One without an Origin is from no browser, or from the page itself; one with several
 * values is from nobody honest.
 */
export function isAllowed({ headers, rawHeaders }: IncomingMessage, { hosts, origins }: AllowList): boolean {
  const count = (name: string) =>
    rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length
  if (count('host') !== 1 || count('origin') > 1) return false
  if (!hosts.has(headers.host ?? '')) return false
  return headers.origin === undefined || origins.has(headers.origin)
}
