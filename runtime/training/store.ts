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

/** A list of the state, and how it has grown. */
type Grown<State> = readonly [name: keyof State & string, growth: Growth<unknown>]

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

  /**
   * Changes the state in a single version: some fields as a whole, then what the recipe does, then the growth of a list. Without an actual
   * change the version stays the same. Fields and growth go past Immer, which takes several times as long for each field, and would walk the
   * whole list: in a long run, longer than the steps of a small epoch take.
   */
  update(fields: Partial<State>, recipe?: (draft: Draft<State>) => void, grown?: Grown<State>): void {
    const patches: Patch[] = []
    const inversePatches: Patch[] = []
    let next = this.replaced(fields, patches, inversePatches)
    if (recipe) {
      const [changed, more, inverse] = this.immer.produceWithPatches(next, recipe)
      next = changed
      patches.push(...more)
      inversePatches.unshift(...inverse)
    }
    if (grown) {
      const [name, { list, ...growth }] = grown
      const within = (patch: Patch): Patch => ({ ...patch, path: [name, ...patch.path] })
      // Earlier entries of the list are already frozen.
      for (let i = list.length; --i >= 0 && !Object.isFrozen(list[i]); ) freeze(list[i], true)
      next = withFields(next, { [name]: Object.freeze(list) } as Partial<State>)
      patches.push(...growth.patches.map(within))
      inversePatches.unshift(...growth.inversePatches.map(within))
    }
    if (patches.length > 0) this.replace(next, patches, inversePatches)
  }

  private replaced(fields: Partial<State>, patches: Patch[], inversePatches: Patch[]): State {
    const { present } = this
    for (const name in fields) {
      const [value, before] = [fields[name], present[name]]
      if (Object.is(value, before)) continue
      patches.push({ op: 'replace', path: [name], value: freeze(value, true) })
      inversePatches.push({ op: 'replace', path: [name], value: before })
    }
    return patches.length > 0 ? withFields(present, fields) : present
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

const withFields = <State extends object>(state: State, fields: Partial<State>): State =>
  Object.freeze(Object.assign(recordOf(), state, fields)) as State
