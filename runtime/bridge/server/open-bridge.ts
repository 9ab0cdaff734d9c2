/** `openBridge`: a run, for everybody who may see it. */
import type { Trainer } from '../../training/trainer.ts'
import type { Tokens } from './guard.ts'
import type { ClientInfo, Hub } from './hub.ts'
import type { BridgeOptions } from './settings.ts'

/** A bridge that is open. */
export interface Bridge {
  readonly host: string
  readonly port: number
  readonly tokens: Tokens
  /** The address, with the controller's token in its fragment, which browsers send to nobody. */
  readonly url: string
  /** The same with the viewer's token. */
  readonly viewerUrl: string
  /** Who is connected, and what was made for and dropped by each. */
  readonly clients: readonly ClientInfo[]
  /** Ends all connections, and gives the port back. The run goes on. */
  close(): Promise<void>
}

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
