/** Why there is no connection, in words. */

/** The code of a connection that ended, or never began, without a closing frame. */
export const ABNORMAL = 1006

/** Why a connection ended. `reason` is the text that came with the code, if any. */
export function reasonOf(code: number, reason: string, wasOpen: boolean): string {
  if (reason !== '') return reason
  if (code !== ABNORMAL) return `the connection ended with code ${code}`
  return wasOpen ? 'the connection was lost' : 'no answer'
}

/**
 * What an HTTP answer in place of a WebSocket means, by its status. `path` was requested; `location` is where
 * it redirects.
 */
export function reasonOfStatus(status: number, path: string, location?: string): string {
  if (status === 401) return 'the server requires a login (401)'
  if (status === 403)
    return 'the server refused the request (403); a bridge does so if the address is not in the hosts and origins of openBridge'
  if (status === 404) return `there is no bridge at ${path} (404)`
  if (status === 426) return 'the bridge responds, but a proxy in between does not forward WebSockets'
  if (status === 502 || status === 503 || status === 504)
    return `the proxy cannot reach the bridge (${status})`
  if (status >= 300 && status < 400 && location) return `the bridge is elsewhere (${status}): ${location}`
  return `the server at ${path} is not a bridge (${status})`
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/

/** What a network error means, by its code in Node, for the requested URL. */
export function reasonOfNetwork(code: string | undefined, { host, protocol }: URL, message: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing is listening at ${host}`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${host} cannot be resolved`
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${host} cannot be reached (${code})`
    case 'ECONNRESET':
    case 'EPIPE':
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return `${host} closed the connection (${code}); it may expect ${protocol === 'wss:' ? 'http, not https' : 'https, not http'}`
    default:
      return code !== undefined && CERTIFICATE.test(code)
        ? `the certificate of ${host} is not trusted (${code})`
        : `${host} cannot be reached: ${message}`
  }
}
