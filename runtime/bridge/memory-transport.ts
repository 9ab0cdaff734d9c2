/** A transport to a bridge in the same process, for tests and for views of a run in its own process. */
import { checkedAt, demandThing } from '../../core/index.ts'
import type { Transport } from './client/transport.ts'
import type { Bridge } from './server/bridge.ts'
import { serverOf } from './server/open-bridge.ts'

/** Messages arrive in the next turn of the microtask queue, in order. */
export function memoryTransport(bridge: Bridge): Transport {
  checkedAt('memoryTransport', 'INVALID_OPTION', () =>
    demandThing(
      { bridge },
      'bridge',
      'a bridge opened by openBridge()',
      given => serverOf(given) !== undefined,
    ),
  )
  return events => {
    let isOpen = true
    const later = (work: () => void) => queueMicrotask(() => isOpen && work())
    const session = serverOf(bridge).accept({
      send: data => later(() => events.message(data)),
      close: (code, reason) =>
        later(() => {
          isOpen = false
          events.close(code, reason)
        }),
      pending: 0,
    })
    later(() => events.open())
    return {
      send: text => later(() => session.receive(text)),
      close() {
        if (!isOpen) return
        isOpen = false
        session.close()
      },
    }
  }
}
