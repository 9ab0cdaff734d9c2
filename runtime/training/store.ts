/** The one place where the state of a run changes: by patches, each with its inverse and a version. */
import { type Draft, enablePatches, Immer, type Patch } from 'immer'
import { type Observable, Subject } from 'rxjs'
import { emitGuarded, type Report, SafeObservable } from '../../core/index.ts'

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
  version = 0
  private present: State
  private readonly states = new Subject<State>()
  private readonly changes = new Subject<StatePatch>()
  private readonly immer = new Immer()
  private readonly reports: { readonly states: Report; readonly changes: Report }

  /** `reportTo` tells whom to tell what the subscribers of a stream threw. */
  constructor(initial: State, reportTo: (stream: string) => Report) {
    enablePatches()
    this.reports = { states: reportTo('state$'), changes: reportTo('patches$') }
    this.present = this.immer.produce(initial, () => undefined)
    this.state$ = new SafeObservable(this.reports.states, subscriber => {
      subscriber.next(this.present)
      return release(this.states.subscribe(subscriber))
    })
    this.patches$ = new SafeObservable(this.reports.changes, subscriber =>
      release(this.changes.subscribe(subscriber)),
    )
  }

  get state(): State {
    return this.present
  }

  /** Changes the state; where nothing changes, nothing is emitted. */
  update(recipe: (draft: Draft<State>) => void): void {
    const [next, patches, inversePatches] = this.immer.produceWithPatches(this.present, recipe)
    if (patches.length === 0) return
    this.present = next
    this.version++
    const change = { version: this.version, patches, inversePatches }
    emitGuarded(() => this.changes.next(change), this.reports.changes)
    emitGuarded(() => this.states.next(next), this.reports.states)
  }

  complete(): void {
    emitGuarded(() => this.states.complete(), this.reports.states)
    emitGuarded(() => this.changes.complete(), this.reports.changes)
  }
}

const release = (subscription: { unsubscribe(): void }) => () => subscription.unsubscribe()
