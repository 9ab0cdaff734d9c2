/** The runs of a bridge, one after another at the same address: an edit of the graph replaces the run by a new one. */
import type { Unsubscribable } from 'rxjs'
import { GradstreamError } from '../../../core/index.ts'
import type { Command } from '../../training/commands.ts'
import { handoverOf, type Trainer } from '../../training/trainer.ts'
import { CLOSE } from '../protocol.ts'
import { BridgeServer, type Editor, noVisits, type ServerSettings, type Visits } from './bridge-server.ts'
import { Drafts } from './drafts.ts'
import { type EditGraph, Editing, outdated } from './editing.ts'
import { type Lineage, lineageAfter } from './lineage.ts'

type Edit = Extract<Command, { type: 'edit' }>
type Settings = ServerSettings & { readonly edit: EditGraph | undefined }
type Record = (trainer: Trainer) => Unsubscribable | undefined

export class Succession {
  /** The server of the present run. */
  present: BridgeServer
  private readonly settings: Settings
  private readonly record: Record
  private readonly visits: Visits
  private readonly editing: Editing | undefined
  private recording: Unsubscribable | undefined
  /** Servers whose clients are on their way to the present one. */
  private readonly leaving = new Set<Promise<void>>()
  private closed = false

  /** `recording` is that of the first run; `record` begins one of a later run. */
  constructor(trainer: Trainer, settings: Settings, record: Record, recording: Unsubscribable | undefined) {
    this.settings = settings
    this.record = record
    this.recording = recording
    this.visits = noVisits(settings.connections)
    this.editing = settings.edit && new Editing(settings.edit)
    this.present = this.serverOf(trainer)
  }

  async close(): Promise<void> {
    this.closed = true
    this.recording?.unsubscribe()
    await Promise.all([this.present.close(), ...this.leaving])
  }

  private serverOf(trainer: Trainer, lineage?: Lineage): BridgeServer {
    const { editing } = this
    let editor: Editor | undefined
    if (editing) {
      const drafts = new Drafts(trainer, lineage)
      const edit = (command: Edit, author: string) => this.edit(server, editing, drafts, command, author)
      editor = { drafts, edit }
    }
    const server: BridgeServer = new BridgeServer(trainer, this.settings, this.visits, editor)
    return server
  }

  /** Makes the next run and only then ends the present one, so that an edit that fails changes nothing. */
  private async edit(server: BridgeServer, editing: Editing, drafts: Drafts, command: Edit, author: string) {
    const { trainer: before, run } = server
    if (server !== this.present) throw outdated()
    const next = await editing.trainerOf(command, author, run, before, drafts)
    if (this.closed || server !== this.present) {
      next.dispose()
      throw this.closed ? closed() : outdated()
    }
    let recording: Unsubscribable | undefined
    try {
      recording = this.record(next)
    } catch (error) {
      next.dispose()
      throw error
    }
    // From here on nothing is waited for, so nothing can come in between.
    const { stepsPerSecond } = before.state
    handoverOf(before).tellOf(command, author)
    const { changes = [], forward = 0 } = command
    const lineage = lineageAfter(before, drafts.lineage, changes, command)
    const moved = forward > 0 ? 'made an edit again that was taken back' : 'went back to an earlier graph'
    void before.stop(`${author} ${changes.length > 0 ? 'edited the graph' : moved}`)
    before.dispose()
    this.recording?.unsubscribe()
    this.recording = recording
    this.present = this.serverOf(next, lineage)
    this.leave(server)
    // The speed belongs to those who watch, not to the graph.
    if (next.state.stepsPerSecond === null && stepsPerSecond !== null) next.setStepsPerSecond(stepsPerSecond)
    handoverOf(next).tellOf(command, author)
    if (next.state.status !== 'running') next.run().catch(() => undefined)
    return next.state
  }

  /** Answers what is asked of a run that has ended, the edit itself among it, and sends its clients to the present one. */
  private leave(server: BridgeServer): void {
    const left = server.close(CLOSE.replaced, 'another run has taken the place of this one')
    this.leaving.add(left)
    void left.finally(() => this.leaving.delete(left))
  }
}

const closed = () =>
  new GradstreamError('NOT_AVAILABLE', {
    place: 'command "edit"',
    expected: 'an open bridge',
    got: 'one that was closed meanwhile',
  })
