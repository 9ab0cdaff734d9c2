/** Why a client has no connection, as errors. */
import { GradstreamError } from '../../../core/index.ts'
import { CLOSE, PROTOCOL } from '../protocol.ts'

export const disconnected = (got: string, hint?: string): GradstreamError =>
  new GradstreamError('DISCONNECTED', {
    place: 'connectBridge',
    expected: 'a connection to the bridge',
    got,
    ...(hint !== undefined && { hint }),
  })

/** The two sides are of different versions of gradstream. */
export const otherVersion = (got: string): GradstreamError =>
  new GradstreamError('DISCONNECTED', {
    place: 'connectBridge',
    expected: `a bridge that speaks protocol ${PROTOCOL}`,
    got,
    hint: 'Reload the page, or use the same version of gradstream on both sides.',
  })

/** The error of streams and requests when there will be no other connection. */
export function refusal(code: number, reason: string): GradstreamError {
  const [, protocol] = (code === CLOSE.invalid && /expected protocol (\d+)/.exec(reason)) || []
  if (protocol !== undefined) return otherVersion(`one that speaks protocol ${protocol}`)
  if (code !== CLOSE.unauthorized) return disconnected(reason)
  return new GradstreamError('UNAUTHORIZED', {
    place: 'connectBridge',
    expected: 'a valid token',
    got: reason,
  })
}
