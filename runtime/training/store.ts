/** Holds the state of a run. Every change is a patch with its inverse and a version. */
import { type Draft, enablePatches, freeze, Immer, type Patch } from 'immer'
import type { Observable } from 'rxjs'
import { type EmissionOrder, Emitter, type Report, recordOf } from '../../core/index.ts'
import type { Growth } from './history.ts'

/** One change of the state. */
export interface StatePatch {
  /** The version of the state after this change, from 1. */
  readonly version: number
  readonly patches: readonly Patch[]
  readonly inversePatches: readonly Patch[]
}

export interface StoreSettings {
  /** Returns the report function for errors of a stream's subscribers. */
  readonly reportTo: (stream: string) => Report
  /** Brings the state up to date for a new subscriber. */
  readonly settle: () => void
  readonly order: EmissionOrder
}

export class Store<State extends object> {
  /** The current state on subscription, then what `publish` emits. */
  readonly state$: Observable<State>
  /** How each state differs from the previous one. */
  readonly patches$: Observable<StatePatch>
  present: State
  /** The version of the current state: how many changes there were. */
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
      // New subscribers do not receive earlier patches.
      present: () => {
        settle()
        return undefined
      },
    })
    this.state$ = this.states.stream$
    this.patches$ = this.changes.stream$
  }

  /** Changes the state. Without an actual change the version stays the same. */
  update(recipe: (draft: Draft<State>) => void): void {
    const [next, patches, inversePatches] = this.immer.produceWithPatches(this.present, recipe)
    if (patches.length > 0) this.replace(next, patches, inversePatches)
  }

  /**
   * Changes the state and one of its lists in a single version. Immer would walk the whole list, which in a
   * long run takes longer than the steps of a small epoch.
   */
  updateAndGrow<Name extends keyof State & string>(
    recipe: (draft: Draft<State>) => void,
    name: Name,
    { list, ...growth }: Growth<unknown>,
  ): void {
    const [changed, patches, inversePatches] = this.immer.produceWithPatches(this.present, recipe)
    const within = (patch: Patch): Patch => ({ ...patch, path: [name, ...patch.path] })
    // Earlier entries of the list are already frozen.
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

  /** Emits the current state, unless it was the last one published. */
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
