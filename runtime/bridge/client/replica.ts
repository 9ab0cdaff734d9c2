/** What a client has of a run: its state, and which of its events have come. */
import type { RunState } from '../../training/run-state.ts'
import type { ServerMessage } from '../protocol.ts'
import { changed, frozen } from './changes.ts'

type Welcome = Extract<ServerMessage, { type: 'welcome' }>
type Snapshot = Extract<ServerMessage, { type: 'snapshot' }>
type PatchMessage = Extract<ServerMessage, { type: 'patch' }>

export class Replica {
  state: RunState | undefined
  version: number | undefined
  /** Which session of the bridge it is of, as what the client is known there, and which run it is. */
  private known: Pick<Welcome, 'session' | 'client' | 'run'> | undefined
  /** The number of the last event. */
  private lastEvent = 0

  /** What a greeting says of it, so that only what is missing is sent. */
  get resumption(): { session?: string; client?: string; event?: number; version?: number } {
    const { known, version, lastEvent: event } = this
    if (known === undefined) return {}
    const { session, client } = known
    return { session, client, event, ...(version !== undefined && { version }) }
  }

  /**
   * There is a connection, perhaps to another session or even to another run: what is here of another is worth nothing.
   * Returns whether the session is another than that of the last connection.
   */
  enter({ session, client, run }: Welcome): boolean {
    const { known } = this
    this.known = { session, client, run }
    if (known?.run !== run) this.state = undefined
    if (known?.session === session) return false
    this.lastEvent = 0
    this.forget()
    return known !== undefined
  }

  /** Returns whether it is a new one. */
  takeEvent(number: number): boolean {
    if (number <= this.lastEvent) return false
    this.lastEvent = number
    return true
  }

  /** One that is older than what is here came late, and is left out. Returns whether the state is a new one. */
  takeSnapshot({ version, state }: Snapshot): boolean {
    if (this.version !== undefined && version < this.version) return false
    this.state = frozen(state)
    this.version = version
    return true
  }

  /** Returns whether it fitted: `'old'` if it brings nothing new, `'gap'` if something before it is missing. */
  takePatch({ from, to, patches }: PatchMessage): 'new' | 'old' | 'gap' {
    if (this.version === undefined || this.state === undefined) return 'gap'
    if (to <= this.version) return 'old'
    if (from !== this.version) return 'gap'
    try {
      this.state = changed(this.state, patches)
    } catch {
      // It is of another state than the one that is here: the whole of it is asked for.
      this.forget()
      return 'gap'
    }
    this.version = to
    return 'new'
  }

  private forget(): void {
    this.version = undefined
  }
}
