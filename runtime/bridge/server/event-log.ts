/** What happens in a run, as it is told to clients: numbered, and the latest kept for those who come later. */
import type { TrainerEvent } from '../../training/events.ts'
import { encode } from '../json.ts'

/** Events kept for those who come later. */
const EVENTS = 256

/** An event of the run, as it is told to clients. */
export interface LoggedEvent {
  readonly number: number
  readonly json: string
  /** Whether it is dropped before others. */
  readonly isMinor: boolean
}

/**
 * There may be thousands of epochs a second, and as many alarms, or refused commands of somebody who may send none: of
 * each such kind only the latest is told at a time, with the next publication or before the next event that is not minor.
 */
export class EventLog {
  private readonly told: LoggedEvent[] = []
  private readonly untold = new Map<string, TrainerEvent>()
  private readonly listener: (told: LoggedEvent) => void
  private count = 0

  constructor(listener: (told: LoggedEvent) => void) {
    this.listener = listener
  }

  add(event: TrainerEvent): void {
    const kind = minorKind(event)
    if (kind === undefined) {
      this.flush()
      this.tell(event, false)
    } else {
      // The latest of its kind is told after what came before it.
      this.untold.delete(kind)
      this.untold.set(kind, event)
      if (this.untold.size > EVENTS) this.untold.delete(this.untold.keys().next().value as string)
    }
  }

  after(number: number): LoggedEvent[] {
    return this.told.filter(event => event.number > number)
  }

  flush(): void {
    const events = [...this.untold.values()]
    this.untold.clear()
    for (const event of events) this.tell(event, true)
  }

  private tell(event: TrainerEvent, isMinor: boolean): void {
    const { told } = this
    const entry = { number: ++this.count, json: encode(event), isMinor }
    told.push(entry)
    if (told.length > EVENTS) {
      const oldest = told.findIndex(other => other.isMinor)
      told.splice(Math.max(oldest, 0), 1)
    }
    this.listener(entry)
  }
}

/** The kind of which only the latest is told; undefined for events that are all told. */
function minorKind(event: TrainerEvent): string | undefined {
  if (event.type === 'epoch') return 'epoch'
  if (event.type === 'alarm') return `alarm ${event.message}`
  return event.type === 'command' && event.error?.code === 'FORBIDDEN' ? `refused ${event.author}` : undefined
}
