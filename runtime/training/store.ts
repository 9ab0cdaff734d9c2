/** The one place where the state of a run changes: by patches, each with its inverse and a version. */
import { type Draft, enablePatches, freeze, Immer, type Patch } from 'immer'
import { type Observable, Subject } from 'rxjs'
import { emitGuarded, type Report, SafeObservable } from '../../core/index.ts'
import type { Growth } from './history.ts'

/** One change of the state. */
export interface StatePatch {
  /** Counts the changes, from 1: the state after this one. */
  readonly version: number
  readonly patches: readonly Patch[]
  readonly inversePatches: readonly Patch[]
}

export class Store<State extends object> {
  /** The present state on subscription, then each new one. */
  readonly state$: Observable<State>
  /** How each new state differs from the one before. */
  readonly patches$: Observable<StatePatch>
  /** The state that was published last. */
  present: State
  private changesSoFar = 0
  private readonly states = new Subject<State>()
  private readonly changes = new Subject<StatePatch>()
  private readonly immer = new Immer()
  private readonly settle: () => void
  private readonly reports: { readonly states: Report; readonly changes: Report }

  /**
   * `reportTo` tells whom to tell what the subscribers of a stream threw; `settle` makes what was put off until
   * somebody looks.
   */
  constructor(initial: State, reportTo: (stream: string) => Report, settle: () => void = nothing) {
    enablePatches()
    this.settle = settle
    this.reports = { states: reportTo('state$'), changes: reportTo('patches$') }
    this.present = this.immer.produce(initial, () => undefined)
    this.state$ = new SafeObservable(this.reports.states, subscriber => {
      subscriber.next(this.state)
      return release(this.states.subscribe(subscriber))
    })
    this.patches$ = new SafeObservable(this.reports.changes, subscriber => {
      settle()
      return release(this.changes.subscribe(subscriber))
    })
  }

  get state(): State {
    this.settle()
    return this.present
  }

  /** Counts the changes; the version of the present state. */
  get version(): number {
    this.settle()
    return this.changesSoFar
  }

  /** Whether anybody hears of each change. */
  get observed(): boolean {
    return this.states.observed || this.changes.observed
  }

  /** Changes the state; where nothing changes, nothing is emitted. */
  update(recipe: (draft: Draft<State>) => void): void {
    const [next, patches, inversePatches] = this.immer.produceWithPatches(this.present, recipe)
    if (patches.length > 0) this.replace(next, patches, inversePatches)
  }

  /**
   * Changes the state, and in the same change a list in it as `grow` says, by new entries at its end. Immer would go
   * through all of the list for that, which in a long run takes longer than the steps of a small epoch.
   */
  updateAndGrow<Name extends keyof State & string>(
    recipe: (draft: Draft<State>) => void,
    name: Name,
    grow: (list: State[Name]) => Growth<unknown>,
  ): void {
    const [changed, patches, inversePatches] = this.immer.produceWithPatches(this.present, recipe)
    const growth = grow(changed[name])
    const within = (patch: Patch): Patch => ({ ...patch, path: [name, ...patch.path] })
    // What was in the list before is frozen already.
    for (let i = growth.list.length; --i >= 0 && !Object.isFrozen(growth.list[i]); )
      freeze(growth.list[i], true)
    const next = Object.freeze({ ...changed, [name]: Object.freeze(growth.list) })
    this.replace(
      next,
      [...patches, ...growth.patches.map(within)],
      [...growth.inversePatches.map(within), ...inversePatches],
    )
  }

  private replace(next: State, patches: readonly Patch[], inversePatches: readonly Patch[]): void {
    this.present = next
    const change = { version: ++this.changesSoFar, patches, inversePatches }
    emitGuarded(() => this.changes.next(change), this.reports.changes)
    emitGuarded(() => this.states.next(next), this.reports.states)
  }

  complete(): void {
    emitGuarded(() => this.states.complete(), this.reports.states)
    emitGuarded(() => this.changes.complete(), this.reports.changes)
  }
}

const release = (subscription: { unsubscribe(): void }) => () => subscription.unsubscribe()

const nothing = () => undefined
