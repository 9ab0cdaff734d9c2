/** The one place where the state of a run changes: by patches, each with its inverse and a version. */
import { type Draft, enablePatches, freeze, Immer, type Patch } from 'immer'
import type { Observable } from 'rxjs'
import { type EmissionOrder, Emitter, type Report, recordOf } from '../../core/index.ts'
import type { Growth } from './history.ts'

/** One change of the state. */
export interface StatePatch {
  /** Counts the changes, from 1: the state after this one. */
  readonly version: number
  readonly patches: readonly Patch[]
  readonly inversePatches: readonly Patch[]
}

export interface StoreSettings {
  /** Says whom to tell what the subscribers of a stream threw. */
  readonly reportTo: (stream: string) => Report
  /** Brings the state up to date for somebody who is about to look. */
  readonly settle: () => void
  readonly order: EmissionOrder
}

export class Store<State extends object> {
  /** The present state on subscription, then what `tell` published. */
  readonly state$: Observable<State>
  /** How each state differs from the one before. */
  readonly patches$: Observable<StatePatch>
  present: State
  /** Counts the changes; the version of the present state. */
  version = 0
  private published: State
  private readonly states: Emitter<State>
  private readonly changes: Emitter<StatePatch>
  private readonly immer = new Immer()

  constructor(initial: State, { reportTo, settle, order }: StoreSettings) {
    enablePatches()
    this.present = this.immer.produce(initial, () => undefined)
    this.published = this.present
    this.states = new Emitter({
      report: reportTo('state$'),
      order,
      present: () => {
        settle()
        return this.present
      },
    })
    this.changes = new Emitter<StatePatch>({
      report: reportTo('patches$'),
      order,
      // What led to the present state is not sent to new subscribers.
      present: () => {
        settle()
        return undefined
      },
    })
    this.state$ = this.states.stream$
    this.patches$ = this.changes.stream$
  }

  /** Changes the state; where nothing changes, there is no other version. */
  update(recipe: (draft: Draft<State>) => void): void {
    const [next, patches, inversePatches] = this.immer.produceWithPatches(this.present, recipe)
    if (patches.length > 0) this.replace(next, patches, inversePatches)
  }

  /**
   * Changes the state, and in the same change a list in it. Immer would go through all of the list for that, which in a
   * long run takes longer than the steps of a small epoch.
   */
  updateAndGrow<Name extends keyof State & string>(
    recipe: (draft: Draft<State>) => void,
    name: Name,
    { list, ...growth }: Growth<unknown>,
  ): void {
    const [changed, patches, inversePatches] = this.immer.produceWithPatches(this.present, recipe)
    const within = (patch: Patch): Patch => ({ ...patch, path: [name, ...patch.path] })
    // What was in the list before is frozen already.
    for (let i = list.length; --i >= 0 && !Object.isFrozen(list[i]); ) freeze(list[i], true)
    this.replace(
      Object.freeze(Object.assign(recordOf(), changed, { [name]: Object.freeze(list) }) as State),
      [...patches, ...growth.patches.map(within)],
      [...growth.inversePatches.map(within), ...inversePatches],
    )
  }

  private replace(next: State, patches: readonly Patch[], inversePatches: readonly Patch[]): void {
    this.present = next
    this.changes.next({ version: ++this.version, patches, inversePatches })
  }

  /** Tells the present state, if it is another than the one that was published last. */
  publish(): void {
    if (this.published === this.present) return
    this.published = this.present
    this.states.next(this.present)
  }

  complete(): void {
    this.states.complete()
    this.changes.complete()
  }
}
