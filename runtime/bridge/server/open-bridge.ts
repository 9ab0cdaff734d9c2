/** `openBridge`: a run, for everybody who may see it. */
import type { Trainer } from '../../training/trainer.ts'
import type { Bridge } from './bridge.ts'
import type { Hub } from './hub.ts'
import type { BridgeOptions } from './settings.ts'

const hubs = new WeakMap<Bridge, Hub>()

/** The hub of a bridge, for clients in the same process. */
export const hubOf = (bridge: Bridge): Hub => hubs.get(bridge) as Hub

/**
 * Opens a bridge to a run: an HTTP server with a WebSocket behind it.
 *
 * @throws GradstreamError (as a rejection) `INVALID_OPTION`, `TOKEN_REQUIRED`, `PORT_UNAVAILABLE`.
 * @example const bridge = await openBridge(trainer, { port: 8080 })
 */
export async function openBridge(trainer: Trainer, options: BridgeOptions = {}): Promise<Bridge> {
  // Loaded only here, since most who load the package train without a bridge.
  const { serve } = await import('./serve.ts')
  const { bridge, hub } = await serve(trainer, options)
  hubs.set(bridge, hub)
  return bridge
}
