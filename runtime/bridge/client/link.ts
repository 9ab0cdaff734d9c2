/** A connection that reconnects when lost, with growing waits. */
import { interval, type SchedulerLike, Subscription, timer } from 'rxjs'
import { CLOSE } from '../protocol.ts'
import { ABNORMAL, reasonOf } from './reasons.ts'
import type { Connection, Transport } from './transport.ts'

export interface LinkEvents {
  opened(): void
  message(data: string | Uint8Array): void
  /** The connection was lost or failed for a reason, and will be retried. */
  waiting(reason: string): void
  /** Whether what ended the connection is known to be a bridge, so that its reasons count. */
  isTrusted(): boolean
  /** There will be no retry. */
  ended(code: number, reason: string): void
}

export interface LinkSettings {
  readonly scheduler: SchedulerLike
  /** Milliseconds before the second attempt, and at most before any. Undefined for no second attempt. */
  readonly again: { readonly first: number; readonly most: number } | undefined
  /** Random numbers from 0 to 1. */
  readonly random: () => number
}

/**
 * A bridge sends something every second. After this many seconds of silence the client gives up on it. A
 * timer counts them, because clocks can be changed.
 */
const SECOND = 1000
const SILENCE = 10

/** After these a second attempt would end the same way. */
const FINAL: ReadonlySet<number> = new Set([CLOSE.invalid, CLOSE.policy, CLOSE.unauthorized])

export class Link {
  private readonly transport: Transport
  private readonly settings: LinkSettings
  private readonly events: LinkEvents
  private connection: Connection | undefined
  private isOpen = false
  /** The current attempt, or the wait for the next one. */
  private present = new Subscription()
  /** How many attempts have failed since the last success. */
  private failures = 0
  /** Seconds since the last message from the bridge. */
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

  /** Drops the message if there is no connection: the next one begins with a greeting anyway. */
  send(text: string): void {
    if (this.isOpen) this.connection?.send(text)
  }

  /** Gives up the connection for a reason, and tries again later. */
  retry(reason: string): void {
    this.present.unsubscribe()
    this.lost(ABNORMAL, reason)
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
    if (again === undefined || (FINAL.has(code) && this.events.isTrusted())) {
      this.events.ended(code, reason)
      return
    }
    this.events.waiting(reason)
    const longest = Math.min(again.first * 2 ** this.failures++, again.most)
    // Clients that lost the same bridge must not all reconnect at once.
    const wait = longest * (0.5 + random() / 2)
    this.present = timer(wait, scheduler).subscribe(() => this.connect())
  }
}
