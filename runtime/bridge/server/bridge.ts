/** An open bridge, as its owner sees it. */
import type { Trainer } from '../../training/trainer.ts'
import type { Role } from '../protocol.ts'

export interface Tokens {
  readonly controller: string
  readonly viewer: string
}

/** One client, as the owner of the bridge sees it. */
export interface ClientInfo {
  readonly author: string
  readonly role: Role
  /** Events and results due to it, and how many were dropped because it or the run had no time. */
  readonly made: number
  readonly dropped: number
}

/** An open bridge. */
export interface Bridge {
  readonly host: string
  readonly port: number
  readonly tokens: Tokens
  /** The address, with the controller's token in its fragment, which browsers do not send. */
  readonly url: string
  /** The same with the viewer's token. */
  readonly viewerUrl: string
  /** The trainer of the present run: with the option `edit`, an edit of the graph replaces it. */
  readonly trainer: Trainer
  /** The connected clients, with what was made for and dropped by each. */
  readonly clients: readonly ClientInfo[]
  /** Ends all connections and frees the port. The run continues. */
  close(): Promise<void>
}
