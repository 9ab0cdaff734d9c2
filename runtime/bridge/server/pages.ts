/** What the bridge answers to plain HTTP: the files that it knows, and nothing else. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AllowList, isAllowed } from './guard.ts'

export interface Page {
  readonly type: string
  readonly body: string | Uint8Array
}

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'self'; connect-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
} as const

/** Answers requests for pages by their path; everything else is refused. */
export function pageServer(pages: ReadonlyMap<string, Page>, allowed: () => AllowList) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url = '' } = request
    const answer = (status: number, page: Page, more: Record<string, string> = {}) => {
      response.writeHead(status, { ...HEADERS, 'Content-Type': page.type, ...more })
      response.end(method === 'HEAD' ? undefined : page.body)
    }
    const refuse = (status: number, reason: string, more?: Record<string, string>) =>
      answer(status, { type: 'text/plain; charset=utf-8', body: `${reason}\n` }, more)
    // A body is never read.
    request.resume()
    const page = pages.get(url)
    if (!isAllowed(request, allowed())) refuse(403, 'forbidden')
    else if (method !== 'GET' && method !== 'HEAD') refuse(405, 'method not allowed', { Allow: 'GET, HEAD' })
    else if (page) answer(200, page)
    else refuse(404, 'not found')
  }
}
