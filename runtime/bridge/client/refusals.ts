/** Why a client has no connection, as errors and as words. */
import { GradstreamError } from '../../../core/index.ts'
import { CLOSE } from '../protocol.ts'

/** The code of a connection that ended, or never began, without a closing frame. */
export const ABNORMAL = 1006

/** Why a connection ended. The platform does not say with which status a bridge refuses one that has not begun. */
export function reasonOf(code: number, reason: string): string {
  if (reason !== '') return reason
  return code === ABNORMAL
    ? 'nobody answers there, or not to this address: a bridge has the options hosts and origins'
    : `a connection that ended with code ${code}`
}

export const disconnected = (got: string, wayOut?: string): GradstreamError =>
  new GradstreamError('DISCONNECTED', {
    place: 'connectBridge',
    expected: 'a connection to the bridge',
    got,
    ...(wayOut !== undefined && { wayOut }),
  })

/** What streams and requests end with where there will be no other connection. */
export function refusal(code: number, reason: string): GradstreamError {
  const got = reasonOf(code, reason)
  if (code !== CLOSE.unauthorized) return disconnected(got)
  return new GradstreamError('UNAUTHORIZED', {
    place: 'connectBridge',
    expected: 'a token that is known',
    got,
  })
}
