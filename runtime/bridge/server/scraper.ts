/** Answers a Prometheus server, or whoever else has a token, at `/metrics`. */
import type { IncomingMessage } from 'node:http'
import type { BridgeServer } from './bridge-server.ts'
import { EXPOSITION, exposition } from './exposition.ts'
import type { Answer } from './pages.ts'
import { figuresOf } from './run-figures.ts'

/** Where the figures are. */
export const METRICS = '/metrics'

/** Milliseconds: who asks more often gets the same text, so that asking cannot hold up the run. */
const KEPT = 50

const PLAIN = 'text/plain; charset=utf-8'

/** Answers with the figures of a run to whoever has a token, of either role. */
export function scraper(server: () => BridgeServer): (request: IncomingMessage) => Answer {
  let kept: { readonly until: number; readonly text: string } | undefined
  const text = () => {
    const own = server()
    const start = own.now()
    if (kept === undefined || start >= kept.until) {
      kept = { until: start + KEPT, text: exposition(figuresOf(own)) }
      own.answers.spent += own.now() - start
    }
    return kept.text
  }
  return ({ headers: { authorization } }) => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token !== undefined && server().roleOf(token) !== undefined)
      return { status: 200, page: { type: EXPOSITION, body: text() } }
    const reason =
      token === undefined ? 'a token is needed: "Authorization: Bearer TOKEN"' : 'the token is wrong'
    return {
      status: 401,
      page: { type: PLAIN, body: `${reason}\n` },
      headers: { 'WWW-Authenticate': 'Bearer realm="gradstream"' },
    }
  }
}
