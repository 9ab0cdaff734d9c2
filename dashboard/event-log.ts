/** The latest events of the current run, collected even while the log is hidden. */
import { BehaviorSubject, distinctUntilChanged, map } from 'rxjs'
import type { BridgeClient, TrainerEvent } from '../client.ts'

/** How many to keep: of epoch ends, and of all other events. */
const LENGTH = 100

export interface Entry {
  readonly key: number
  readonly event: TrainerEvent
}

export class EventLog {
  /** Newest first. */
  readonly entries$ = new BehaviorSubject<readonly Entry[]>([])
  private count = 0

  constructor({ connection$, events$ }: Pick<BridgeClient, 'connection$' | 'events$'>) {
    const runs$ = connection$.pipe(
      map(({ run }) => run),
      distinctUntilChanged(),
    )
    runs$.subscribe(() => this.entries$.next([]))
    events$.subscribe({ next: event => this.take(event), error: () => undefined })
  }

  /** A run can have thousands of epochs per second, which must not crowd out other events. */
  private take(event: TrainerEvent): void {
    const isEpoch = (entry: Entry) => entry.event.type === 'epoch'
    const entries = [{ key: this.count++, event }, ...this.entries$.value]
    const alike = entries.filter(entry => isEpoch(entry) === (event.type === 'epoch'))
    const surplus = alike.length > LENGTH ? alike.at(-1) : undefined
    this.entries$.next(surplus ? entries.filter(entry => entry !== surplus) : entries)
  }
}
