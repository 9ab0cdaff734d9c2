/** What an open bridge is to its owner. */
import type { Role } from '../protocol.ts'

export interface Tokens {
  readonly controller: string
  readonly viewer: string
}

/** One client, as the owner of the bridge sees it. */
export interface ClientInfo {
  readonly author: string
  readonly role: Role
  /** Events and results due to it, and those of them that it, or the run, had no time for. */
  readonly made: number
  readonly dropped: number
}

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
