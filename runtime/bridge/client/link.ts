/** A connection that comes again when it is lost, each time after a longer while. */
import { interval, type SchedulerLike, Subscription, timer } from 'rxjs'
import { CLOSE } from '../protocol.ts'
import type { Connection, Transport } from './transport.ts'

export interface LinkEvents {
  opened(): void
  message(data: string | Uint8Array): void
  /** The connection is lost, and another one will be tried. */
  waiting(): void
  /** There will be no other. */
  ended(code: number, reason: string): void
}

export interface LinkSettings {
  readonly scheduler: SchedulerLike
  /** Milliseconds before the second attempt, and at most before any; no second attempt where they are undefined. */
  readonly again: { readonly first: number; readonly most: number } | undefined
}

/** A bridge says something every second; after so many milliseconds of silence it is given up. */
const SILENCE = 10_000

/** After these a second attempt would end as the first one did. */
const FINAL: ReadonlySet<number> = new Set([CLOSE.invalid, CLOSE.policy, CLOSE.unauthorized])

export class Link {
  private readonly transport: Transport
  private readonly settings: LinkSettings
  private readonly events: LinkEvents
  private connection: Connection | undefined
  private isOpen = false
  /** The attempt under way, or the wait for the next one. */
  private present = new Subscription()
  /** How many attempts have failed since the last one that went well. */
  private failures = 0
  private heard = 0

  constructor(transport: Transport, settings: LinkSettings, events: LinkEvents) {
    this.transport = transport
    this.settings = settings
    this.events = events
  }

  connect(): void {
    const { scheduler } = this.settings
    const attempt = new Subscription()
    const lost = (code: number, reason: string) => {
      if (attempt.closed) return
      attempt.unsubscribe()
      this.lost(code, reason)
    }
    this.present = attempt
    this.heard = scheduler.now()
    const connection = this.transport({
      open: () => {
        if (attempt.closed) return
        this.isOpen = true
        this.events.opened()
      },
      message: data => {
        if (attempt.closed) return
        this.failures = 0
        this.heard = scheduler.now()
        this.events.message(data)
      },
      close: lost,
    })
    this.connection = connection
    attempt.add(() => connection.close())
    attempt.add(
      interval(SILENCE / 10, scheduler).subscribe(() => {
        if (scheduler.now() - this.heard >= SILENCE) lost(CLOSE.goingAway, 'the bridge says nothing')
      }),
    )
  }

  /** Where there is no connection just now, what is said is lost: the next one begins with a greeting. */
  send(text: string): void {
    if (this.isOpen) this.connection?.send(text)
  }

  close(): void {
    this.isOpen = false
    this.present.unsubscribe()
    this.connection = undefined
  }

  private lost(code: number, reason: string): void {
    const { again, scheduler } = this.settings
    this.isOpen = false
    this.connection = undefined
    if (again === undefined || FINAL.has(code)) {
      this.events.ended(code, reason)
      return
    }
    this.events.waiting()
    const longest = Math.min(again.first * 2 ** this.failures++, again.most)
    // Not seeded: clients that have lost the same bridge must not all come back at once.
    const wait = longest * (0.5 + Math.random() / 2)
    this.present = timer(wait, scheduler).subscribe(() => this.connect())
  }
}
