/** How a client reaches a bridge. */

/** The events of a connection. */
export interface ConnectionEvents {
  open(): void
  message(data: string | Uint8Array): void
  /** The connection ended or never opened. Nothing follows. */
  close(code: number, reason: string): void
}

export interface Connection {
  send(text: string): void
  close(): void
}

/** Opens a connection: over a WebSocket, or to a bridge in the same process. */
export type Transport = (events: ConnectionEvents) => Connection
