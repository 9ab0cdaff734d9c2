/** Keeps what a client has heard of a run, for tools that are asked later. */
import type { Subscription } from 'rxjs'
import { GradstreamError } from '../../../core/index.ts'
import type { BridgeClient } from '../../bridge/client/bridge-client.ts'
import type { ConnectionState } from '../../bridge/client/types.ts'
import type { Role, SystemFigures } from '../../bridge/protocol.ts'
import type { TrainerEvent } from '../../training/events.ts'
import type { RunState } from '../../training/run-state.ts'

/** The most events that are kept. Ends of epochs are in the history of the state. */
const EVENTS = 200

export class RunDiary {
  readonly events: TrainerEvent[] = []
  system: SystemFigures | undefined
  private readonly client: BridgeClient
  private connection: ConnectionState | undefined
  /** Identifies the run; undefined before it is known. */
  run: string | undefined
  private readonly following: Subscription

  constructor(client: BridgeClient) {
    this.client = client
    const ignored = { error: () => undefined }
    this.following = client.events$.subscribe({ ...ignored, next: event => this.note(event) })
    this.following.add(client.connection$.subscribe(connection => this.take(connection)))
    this.following.add(
      client.system$.subscribe(system => {
        this.system = system
      }),
    )
  }

  /** What the client may do; undefined before it is known. */
  get role(): Role | undefined {
    return this.connection?.role
  }

  get author(): string | undefined {
    return this.connection?.author
  }

  /** How many edits of the graph can be taken back; undefined where it may not be edited. */
  get edits(): number | undefined {
    const { editable = false, edits = 0 } = this.connection ?? {}
    return editable ? edits : undefined
  }

  /** How many edits that were taken back can be made again; undefined where the graph may not be edited. */
  get takenBack(): number | undefined {
    const { editable = false, takenBack = 0 } = this.connection ?? {}
    return editable ? takenBack : undefined
  }

  /** Why the figures are not those of the moment; undefined while there is a connection. */
  get interruption(): string | undefined {
    const { status, reason } = this.connection ?? {}
    return status === 'open' ? undefined : (reason ?? 'there is no connection yet')
  }

  /** The latest state. @throws GradstreamError `DISCONNECTED` before the first */
  get state(): RunState {
    const { state } = this.client
    if (state) return state
    throw new GradstreamError('DISCONNECTED', {
      place: 'gradstream mcp',
      expected: 'a connection to the bridge',
      got: this.interruption ?? 'no state yet',
    })
  }

  close(): void {
    this.following.unsubscribe()
  }

  private note(event: TrainerEvent): void {
    if (event.type === 'epoch') return
    this.events.push(event)
    if (this.events.length > EVENTS) this.events.shift()
  }

  private take(connection: ConnectionState): void {
    this.connection = connection
    // Events of another run would be taken for those of this one.
    if (this.run !== undefined && connection.run !== this.run) this.events.length = 0
    this.run = connection.run
  }
}
