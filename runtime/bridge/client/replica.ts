/** A client's copy of a run: its state, and which events have arrived. */
import type { RunState } from '../../training/run-state.ts'
import type { ServerMessage } from '../protocol.ts'
import { changed, frozen } from './changes.ts'

type Welcome = Extract<ServerMessage, { type: 'welcome' }>
type Snapshot = Extract<ServerMessage, { type: 'snapshot' }>
type PatchMessage = Extract<ServerMessage, { type: 'patch' }>

export class Replica {
  state: RunState | undefined
  version: number | undefined
  /** The session of the bridge, the name of the client there, and the run. */
  private known: Pick<Welcome, 'session' | 'client' | 'run'> | undefined
  /** The number of the last event. */
  private lastEvent = 0

  /** What to put into a greeting, so that the bridge sends only what is missing. */
  get resumption(): { session?: string; client?: string; event?: number; version?: number } {
    const { known, version, lastEvent: event } = this
    if (known === undefined) return {}
    const { session, client } = known
    return { session, client, event, ...(version !== undefined && { version }) }
  }

  /**
   * Called on each connection, perhaps to another session or even another run, whose data is then discarded.
   * Returns whether the session has changed.
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

  /** Returns whether the event is new. */
  takeEvent(number: number): boolean {
    if (number <= this.lastEvent) return false
    this.lastEvent = number
    return true
  }

  /** Ignores a late snapshot that is older than the state here. Returns whether the state is new. */
  takeSnapshot({ version, state }: Snapshot): boolean {
    if (this.version !== undefined && version < this.version) return false
    this.state = frozen(state)
    this.version = version
    return true
  }

  /** Returns `'new'` if the patch fitted, `'old'` if it brings nothing new, `'gap'` if an earlier one is missing. */
  takePatch({ from, to, patches }: PatchMessage): 'new' | 'old' | 'gap' {
    if (this.version === undefined || this.state === undefined) return 'gap'
    if (to <= this.version) return 'old'
    if (from !== this.version) return 'gap'
    try {
      this.state = changed(this.state, patches)
    } catch {
      // The patch belongs to another state; request a full one.
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
