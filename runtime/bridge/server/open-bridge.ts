/** `openBridge`: serves a run to clients. */
import type { Trainer } from '../../training/trainer.ts'
import type { Bridge } from './bridge.ts'
import type { BridgeServer } from './bridge-server.ts'
import type { BridgeOptions } from './settings.ts'

const servers = new WeakMap<Bridge, () => BridgeServer>()

/** The server of the present run of a bridge, for clients in the same process. */
export const serverOf = (bridge: Bridge): BridgeServer => servers.get(bridge)?.() as BridgeServer

/**
 * Opens a bridge to a run: an HTTP server with a WebSocket behind it.
 *
 * @throws GradstreamError (as a rejection) `INVALID_OPTION`, `TOKEN_REQUIRED`, `PORT_UNAVAILABLE`, and in a browser
 *   `NEEDS_NODE`.
 * @example const bridge = await openBridge(trainer, { port: 8080 })
 */
export async function openBridge(trainer: Trainer, options: BridgeOptions = {}): Promise<Bridge> {
  // Loaded only here, since most programs train without a bridge.
  const { serve } = await import('#serve')
  const { bridge, present } = await serve(trainer, options)
  servers.set(bridge, present)
  return bridge
}
