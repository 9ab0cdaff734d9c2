/** Why a client has no connection, as errors. */
import { GradstreamError } from '../../../core/index.ts'
import { CLOSE } from '../protocol.ts'

export const disconnected = (got: string, hint?: string): GradstreamError =>
  new GradstreamError('DISCONNECTED', {
    place: 'connectBridge',
    expected: 'a connection to the bridge',
    got,
    ...(hint !== undefined && { hint }),
  })

/** The error of streams and requests when there will be no other connection. */
export function refusal(code: number, reason: string): GradstreamError {
  if (code !== CLOSE.unauthorized) return disconnected(reason)
  return new GradstreamError('UNAUTHORIZED', {
    place: 'connectBridge',
    expected: 'a valid token',
    got: reason,
  })
}
