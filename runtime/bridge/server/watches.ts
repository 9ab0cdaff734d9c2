/** The active queries: their listeners, their results, and the time they may take together. */
import { emitGuarded, sizeOf, Tensor } from '../../../core/index.ts'
import { engineOf } from '../../engine/model.ts'
import type { Note } from '../../training/run-state.ts'
import type { Trainer } from '../../training/trainer.ts'
import { encode } from '../json.ts'
import type { Measurement, Query } from '../protocol.ts'
import { Budget } from './budget.ts'
import { measure } from './measure.ts'
import { firstRows, isOfAll, type Source, sourcesOf, stepOf } from './sources.ts'
import { Watch } from './watch.ts'

/** Milliseconds reserved for new watches: someone has just opened a node and is waiting. */
const RESERVE = 50

/** The most characters of results kept for later listeners. */
const KEPT = 1024 * 1024

/** A result of a query. */
export interface Taken {
  readonly step: number
  /** How many earlier results the run had no time for. */
  readonly skipped: number
  /** A measurement, as JSON. */
  readonly json?: string
  /** For `full`. It is shared and never changes. */
  readonly tensor?: Tensor
}

type Listener = (taken: Taken) => void

interface Shared {
  readonly watch: Watch
  readonly listeners: Set<Listener>
  /** Listeners without a result yet. */
  readonly newcomers: Set<Listener>
}

export class Watches {
  private readonly trainer: Trainer
  private readonly now: () => number
  private readonly shared = new Map<string, Shared>()
  private readonly budget = new Budget(RESERVE)
  /** The time of all measurements, in milliseconds. */
  spent = 0
  /** The latest results, for listeners that come when no more steps run. */
  private readonly kept = new Map<string, Taken & { readonly json: string }>()
  private keptLength = 0
  private notes = new Map<string, Note>()

  constructor(trainer: Trainer, now: () => number) {
    this.trainer = trainer
    this.now = now
  }

  /**
   * Listens to a query until the returned function is called.
   *
   * @throws GradstreamError `UNKNOWN_NAME`, `INVALID_MESSAGE`, `FORBIDDEN`
   */
  add(query: Query, listener: Listener): () => void {
    const { shared } = this
    const key = JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)))
    const known = shared.get(key) ?? this.open(key, query)
    known.listeners.add(listener)
    known.newcomers.add(listener)
    known.watch.ask()
    // The first listener does not wait for the next tick, so that no step is missed.
    if (known.listeners.size === 1 && this.hasTimeFor(known)) this.look(key, known, 0)
    return () => {
      known.listeners.delete(listener)
      known.newcomers.delete(listener)
      if (known.listeners.size > 0) return
      known.watch.stop()
      shared.delete(key)
    }
  }

  /** Called between steps: runs due queries as long as the given time lasts, in milliseconds. */
  tick(time: number): void {
    const { budget, shared } = this
    budget.give(time)
    const each = time / Math.max(shared.size, 1)
    for (const [key, one] of [...shared]) {
      if (!this.hasTimeFor(one)) continue
      // Move it to the end, so that queries take turns.
      shared.delete(key)
      shared.set(key, one)
      this.look(key, one, each)
    }
  }

  /** Statistics of values and gradients since the last call, for the state. */
  takeNotes(): ReadonlyMap<string, Note> {
    const { notes } = this
    this.notes = new Map()
    return notes
  }

  close(): void {
    for (const { watch } of this.shared.values()) watch.stop()
    this.shared.clear()
  }

  private hasTimeFor({ newcomers }: Shared): boolean {
    return this.budget.hasTime(newcomers.size > 0)
  }

  private look(key: string, one: Shared, time: number): void {
    const engine = engineOf(this.trainer.model)
    const report = (thrown: unknown) => engine.report('bridge', thrown)
    emitGuarded(() => one.watch.tick(this.now(), time), report)
    this.welcome(key, one)
  }

  private open(key: string, query: Query): Shared {
    const { trainer, budget } = this
    const [listeners, newcomers] = [new Set<Listener>(), new Set<Listener>()]
    const isPublished = !isOfAll(trainer, query)
    const watch = new Watch({
      query,
      sources: sourcesOf(trainer, query),
      step: () => stepOf(trainer.model),
      hasTime: () => budget.hasTime(newcomers.size > 0),
      measure: (source, { step, tensor }, skipped) => {
        const start = this.now()
        if (query.what === 'full') emit(listeners, { step, skipped, tensor: copied(tensor, query.rows) })
        else {
          const value = measure(tensor, query, engineOf(trainer.model).kernels)
          this.note(query, source, step, value)
          if (isPublished) {
            const taken = { step, skipped, json: encode(value) }
            this.keep(key, taken)
            emit(listeners, taken)
          }
        }
        const took = this.now() - start
        this.spent += took
        budget.spend(took, newcomers.size > 0)
        newcomers.clear()
        return took
      },
    })
    const one = { watch, listeners, newcomers }
    this.shared.set(key, one)
    return one
  }

  /** A later watcher gets the last result. */
  private welcome(key: string, { newcomers }: Shared): void {
    const last = this.kept.get(key)
    if (last) emit(newcomers, { ...last, skipped: 0 })
    newcomers.clear()
  }

  private note({ what, of }: Query, { node, isMain }: Source, step: number, value: Measurement): void {
    if (what !== 'stats' || !isMain || (of !== 'forward' && of !== 'backward')) return
    const measured = { ...(value as Extract<Measurement, { norm: number }>), step }
    this.notes.set(node, { ...this.notes.get(node), [of]: measured })
  }

  private keep(key: string, taken: Taken & { readonly json: string }): void {
    const { kept } = this
    const length = (entry: { json: string } | undefined) => entry?.json.length ?? 0
    this.keptLength += taken.json.length - length(kept.get(key))
    kept.delete(key)
    kept.set(key, taken)
    for (const [oldest, entry] of kept) {
      if (this.keptLength <= KEPT) break
      kept.delete(oldest)
      this.keptLength -= length(entry)
    }
  }
}

/** A copy of the first rows of a tensor, or of all of it. */
function copied(tensor: Tensor, rows: number | undefined): Tensor {
  const shape = firstRows(tensor.shape, rows)
  return new Tensor(shape, tensor.data.slice(0, sizeOf(shape)))
}

function emit(listeners: ReadonlySet<Listener>, taken: Taken): void {
  for (const listener of [...listeners]) listener(taken)
}
