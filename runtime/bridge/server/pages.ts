/** Answers plain HTTP: the files of the page, what is asked of the run, and nothing else. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { attempt } from '../../../core/index.ts'
import { SOCKET } from '../protocol.ts'
import { type AllowList, isAllowed } from './guard.ts'

export interface Page {
  readonly type: string
  readonly body: string | Uint8Array
  /** The same, compressed. Only files are compressed: they hold no secrets and nothing that a client sent. */
  readonly zipped?: () => Promise<Uint8Array>
  /** Whether it never changes, because its name contains its hash. */
  readonly isForEver?: boolean
}

/** A whole answer. */
export interface Answer {
  readonly status: number
  readonly page: Page
  readonly headers?: Record<string, string>
}

/** What is answered anew each time, by path. */
export type Answerers = ReadonlyMap<string, (request: IncomingMessage) => Answer>

/** The headers of every answer, including refusals. */
export const HEADERS = {
  'Content-Security-Policy':
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
} as const

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

const MISSING: Page = {
  type: TYPES.html as string,
  body: '<!doctype html><title>gradstream</title><p>The page was not built: npm run build.</p>',
}

/** The folder of the built pages: beside the chunks of the built code, or in dist when running from source. */
const FOLDERS = ['../dashboard/', '../../../dist/dashboard/'].map(path => new URL(path, import.meta.url))

/** The files of a page by path, read once: that of a run, or that of many. */
export function readPages(first: 'index.html' | 'runs.html' = 'index.html'): ReadonlyMap<string, Page> {
  const folder = FOLDERS.find(candidate => existsSync(new URL('assets/', candidate)))
  if (!folder) return new Map([['/', MISSING]])
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(file =>
    file.replaceAll('\\', '/'),
  )
  const pages = files.flatMap((file): [string, Page][] => {
    const type = TYPES[file.split('.').at(-1) ?? '']
    const path = file === first ? '/' : `/${file}`
    const isOther = file.endsWith('.html') && file !== first
    return type && !isOther ? [[path, pageOf(path, type, readFileSync(new URL(file, folder)))]] : []
  })
  return new Map(pages)
}

/** The build names files in `assets` by their content. */
export function pageOf(path: string, type: string, body: Uint8Array): Page {
  let work: Promise<Uint8Array> | undefined
  // Compress once, on the first request, in a separate thread.
  const zipped = () => {
    work ??= compressed(body, { level: 9 })
    return work
  }
  return { type, body, zipped, isForEver: path.startsWith('/assets/') }
}

const compressed = promisify(gzip)

/** Whether an Accept-Encoding header accepts gzip. */
export const takesGzip = (accepted: string | string[] | undefined): boolean =>
  String(accepted ?? '')
    .split(',')
    .some(coding => /^\s*(x-)?gzip\s*(;\s*q=(1|0\.\d*[1-9]))?/i.exec(coding)?.[0].length === coding.length)

/** Lets a page of another origin see that there is an answer when it asks why it has no WebSocket. */
const SEEN_FROM_ELSEWHERE = { 'Cross-Origin-Resource-Policy': 'cross-origin' }

/** The origin of a request from another page; undefined if it is the bridge's own. */
function foreignOrigin({ headers: { origin, host } }: IncomingMessage): string | undefined {
  return origin === `http://${host}` || origin === `https://${host}` ? undefined : origin
}

/** A link to a view of the page, which only the page reads. Nothing else may be asked of it, a token least of all. */
const VIEW = /^\/\?view&(?!(.*&)?token=)/i

/** Serves pages and answers by path and refuses everything else. */
export function pageServer(
  pages: ReadonlyMap<string, Page>,
  allowed: () => AllowList,
  answerers: Answerers = new Map(),
) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url = '' } = request
    const answer = (status: number, page: Page, more: Record<string, string> = {}) => {
      const length = { 'Content-Length': String(Buffer.byteLength(page.body)) }
      response.writeHead(status, { ...HEADERS, 'Content-Type': page.type, ...length, ...more })
      response.end(method === 'HEAD' ? undefined : page.body)
    }
    const refuse = (status: number, reason: string, more?: Record<string, string>) =>
      answer(status, { type: 'text/plain; charset=utf-8', body: `${reason}\n` }, more)
    // Discard the body.
    request.resume()
    const page = pages.get(VIEW.test(url) ? '/' : url)
    const answerer = answerers.get(url)
    const give = async ({ type, body, zipped, isForEver }: Page) => {
      const kept = isForEver ? { 'Cache-Control': 'private, max-age=31536000, immutable' } : {}
      const varied = zipped ? { Vary: 'Accept-Encoding' } : {}
      const small = takesGzip(request.headers['accept-encoding']) ? await zipped?.() : undefined
      const coded = small ? { 'Content-Encoding': 'gzip' } : {}
      answer(200, { type, body: small ?? body }, { ...kept, ...varied, ...coded })
    }
    const isSocket = url === `/${SOCKET}`
    const foreign = foreignOrigin(request)
    if (!isAllowed(request, allowed())) refuse(403, 'forbidden', isSocket ? SEEN_FROM_ELSEWHERE : {})
    else if (method !== 'GET' && method !== 'HEAD') refuse(405, 'method not allowed', { Allow: 'GET, HEAD' })
    else if (answerer) {
      // A run that cannot be read must not end the process that trains it.
      const made = attempt(() => answerer(request))
      if (made) answer(made.status, made.page, made.headers)
      else refuse(500, 'the run cannot be read')
    } else if (page) give(page).catch(() => response.destroy())
    else if (isSocket)
      refuse(426, 'this address expects a WebSocket', {
        Connection: 'Upgrade, close',
        Upgrade: 'websocket',
        ...SEEN_FROM_ELSEWHERE,
        ...(foreign !== undefined && { 'Access-Control-Allow-Origin': foreign, Vary: 'Origin' }),
      })
    else refuse(404, 'not found')
  }
}
