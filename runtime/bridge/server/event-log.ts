/** The events of a run for its clients: numbered, with the latest kept for clients that connect later. */
import type { TrainerEvent } from '../../training/events.ts'
import { encode } from '../json.ts'

/** How many events to keep for later clients. */
const EVENTS = 256

/** An event of the run, as it is sent to clients. */
export interface LoggedEvent {
  readonly number: number
  readonly json: string
  /** Whether to drop it before others. */
  readonly isMinor: boolean
}

/**
 * There can be thousands of epochs per second, and as many alarms or refused commands. Of each such kind only
 * the latest is sent, with the next publication or before the next major event.
 */
export class EventLog {
  private readonly sent: LoggedEvent[] = []
  private readonly unsent = new Map<string, TrainerEvent>()
  private readonly listener: (entry: LoggedEvent) => void
  private count = 0

  constructor(listener: (entry: LoggedEvent) => void) {
    this.listener = listener
  }

  add(event: TrainerEvent): void {
    const kind = minorKind(event)
    if (kind === undefined) {
      this.flush()
      this.emit(event, false)
    } else {
      // Keep the order: the latest of its kind goes after earlier events.
      this.unsent.delete(kind)
      this.unsent.set(kind, event)
      if (this.unsent.size > EVENTS) this.unsent.delete(this.unsent.keys().next().value as string)
    }
  }

  after(number: number): LoggedEvent[] {
    return this.sent.filter(event => event.number > number)
  }

  flush(): void {
    const events = [...this.unsent.values()]
    this.unsent.clear()
    for (const event of events) this.emit(event, true)
  }

  private emit(event: TrainerEvent, isMinor: boolean): void {
    const { sent } = this
    const entry = { number: ++this.count, json: encode(event), isMinor }
    sent.push(entry)
    if (sent.length > EVENTS) {
      const oldest = sent.findIndex(other => other.isMinor)
      sent.splice(Math.max(oldest, 0), 1)
    }
    this.listener(entry)
  }
}

/** The kind of which only the latest is sent; undefined if every event is sent. */
function minorKind(event: TrainerEvent): string | undefined {
  if (event.type === 'epoch') return 'epoch'
  if (event.type === 'alarm') return `alarm ${event.message}`
  return event.type === 'command' && event.error?.code === 'FORBIDDEN' ? `refused ${event.author}` : undefined
}
