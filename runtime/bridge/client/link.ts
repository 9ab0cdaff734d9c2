/** A connection that comes again when it is lost, each time after a longer while. */
import { interval, type SchedulerLike, Subscription, timer } from 'rxjs'
import { CLOSE } from '../protocol.ts'
import { reasonOf } from './reasons.ts'
import type { Connection, Transport } from './transport.ts'

export interface LinkEvents {
  opened(): void
  message(data: string | Uint8Array): void
  /** The connection is lost, or has not come about, for a reason, and another one will be tried. */
  waiting(reason: string): void
  /** There will be no other. */
  ended(code: number, reason: string): void
}

export interface LinkSettings {
  readonly scheduler: SchedulerLike
  /** Milliseconds before the second attempt, and at most before any; no second attempt where they are undefined. */
  readonly again: { readonly first: number; readonly most: number } | undefined
  /** Chance, from 0 to 1. */
  readonly random: () => number
}

/**
 * A bridge says something every second; after so many seconds of silence it is given up. They are counted by a timer,
 * since clocks are set back and forth.
 */
const SECOND = 1000
const SILENCE = 10

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
  /** Seconds since the bridge said something. */
  private silent = 0

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
    this.silent = 0
    const connection = this.transport({
      open: () => {
        if (attempt.closed) return
        this.isOpen = true
        this.events.opened()
      },
      message: data => {
        if (attempt.closed) return
        this.failures = 0
        this.silent = 0
        this.events.message(data)
      },
      close: lost,
    })
    this.connection = connection
    attempt.add(() => connection.close())
    attempt.add(
      interval(SECOND, scheduler).subscribe(() => {
        if (++this.silent >= SILENCE) lost(CLOSE.goingAway, 'the bridge does not respond')
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

  private lost(code: number, said: string): void {
    const { again, scheduler, random } = this.settings
    const reason = reasonOf(code, said, this.isOpen)
    this.isOpen = false
    this.connection = undefined
    if (again === undefined || FINAL.has(code)) {
      this.events.ended(code, reason)
      return
    }
    this.events.waiting(reason)
    const longest = Math.min(again.first * 2 ** this.failures++, again.most)
    // Clients that have lost the same bridge must not all come back at once.
    const wait = longest * (0.5 + random() / 2)
    this.present = timer(wait, scheduler).subscribe(() => this.connect())
  }
}
