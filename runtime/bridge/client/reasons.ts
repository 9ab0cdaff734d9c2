/** Why there is no connection, in words. */

/** The code of a connection that ended, or never began, without a closing frame. */
export const ABNORMAL = 1006

/** Why a connection ended; `reason` is what was said with the code, if anything. */
export function reasonOf(code: number, reason: string, wasOpen: boolean): string {
  if (reason !== '') return reason
  if (code !== ABNORMAL) return `the connection ended with code ${code}`
  return wasOpen ? 'the connection was lost' : 'nobody answers there'
}

/** What an answer means that is no WebSocket, by its status. `path` is what was asked for, `location` where it points. */
export function reasonOfStatus(status: number, path: string, location?: string): string {
  if (status === 401) return 'what answers there asks for a login first (401)'
  if (status === 403)
    return 'it is refused there (403), as by a bridge that is not told of this address: openBridge has hosts and origins'
  if (status === 404) return `there is no bridge at ${path} (404)`
  if (status === 426) return 'the bridge is there, but what stands in between does not pass WebSockets on'
  if (status === 502 || status === 503 || status === 504)
    return `the proxy there does not reach the bridge (${status})`
  if (status >= 300 && status < 400 && location) return `the bridge is elsewhere (${status}): ${location}`
  return `what answers at ${path} is no bridge (${status})`
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/

/** What an error of the network means, by its code in Node. `url` is what was asked for. */
export function reasonOfNetwork(code: string | undefined, { host, protocol }: URL, message: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `nobody listens at ${host}`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `nobody knows the name of ${host}`
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${host} cannot be reached (${code})`
    case 'ECONNRESET':
    case 'EPIPE':
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return `${host} hung up (${code}), as one does that expects ${protocol === 'wss:' ? 'http, not https' : 'https, not http'}`
    default:
      return code !== undefined && CERTIFICATE.test(code)
        ? `the certificate of ${host} is not trusted (${code})`
        : `${host} cannot be reached: ${message}`
  }
}
