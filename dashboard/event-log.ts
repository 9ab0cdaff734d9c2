/** The latest events of the present run, from before anybody looks. */
import { BehaviorSubject, distinctUntilChanged, map } from 'rxjs'
import type { BridgeClient, TrainerEvent } from '../client.ts'

/** How many are kept of ends of epochs, and of all else. */
const LENGTH = 100

export interface Entry {
  readonly key: number
  readonly event: TrainerEvent
}

export class EventLog {
  /** The newest first. */
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

  /** A run may have thousands of epochs a second; what else happens must not drown in them. */
  private take(event: TrainerEvent): void {
    const isEpoch = (entry: Entry) => entry.event.type === 'epoch'
    const entries = [{ key: this.count++, event }, ...this.entries$.value]
    const alike = entries.filter(entry => isEpoch(entry) === (event.type === 'epoch'))
    const surplus = alike.length > LENGTH ? alike.at(-1) : undefined
    this.entries$.next(surplus ? entries.filter(entry => entry !== surplus) : entries)
  }
}
