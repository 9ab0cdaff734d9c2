/** The sources of public streams. */
import { type Observable, Subject } from 'rxjs'
import { emitGuarded, type Report, SafeObservable } from './safe-observable.ts'

/**
 * Puts the emissions of several streams in one order. An emission that starts during another one waits until
 * all subscribers have received that, so every subscriber of every stream sees the same order.
 */
export class EmissionOrder {
  private readonly waiting: (() => void)[] = []
  private isEmitting = false

  run(emission: () => void): void {
    this.waiting.push(emission)
    if (this.isEmitting) return
    this.isEmitting = true
    try {
      for (let next = this.waiting.shift(); next; next = this.waiting.shift()) next()
    } finally {
      this.isEmitting = false
    }
  }
}

export interface EmitterSettings<T> {
  /** Receives what subscribers throw. */
  readonly report: Report
  /** Shared by streams that belong together. By default the stream has an order to itself. */
  readonly order?: EmissionOrder
  /** The value that a new subscriber receives first, if any. */
  readonly present?: () => T | undefined
  /** The earlier values that a new subscriber receives first, even after the stream has ended. */
  readonly past?: () => readonly T[]
}

interface Numbered<T> {
  readonly number: number
  readonly value: T
}

/** The source of one public stream. A subscriber receives the values that come after it subscribed. */
export class Emitter<T> {
  readonly stream$: Observable<T>
  private readonly values = new Subject<Numbered<T>>()
  private readonly report: Report
  private readonly order: EmissionOrder
  private count = 0
  private hasEnded = false

  constructor({ report, order = new EmissionOrder(), present, past }: EmitterSettings<T>) {
    this.report = report
    this.order = order
    this.stream$ = new SafeObservable<T>(report, subscriber => {
      const first = present?.()
      // Emissions still waiting in the queue are already part of `present` and `past`; skip them later.
      let since = this.count
      if (first !== undefined) emitGuarded(() => subscriber.next(first), report)
      if (past) {
        // `past` can grow during this loop; the new values are sent here too.
        for (let i = 0; i < past().length; i++) emitGuarded(() => subscriber.next(past()[i] as T), report)
        since = this.count
      }
      const subscription = this.values.subscribe({
        next: ({ number, value }) => {
          if (number > since) subscriber.next(value)
        },
        error: thrown => subscriber.error(thrown),
        complete: () => subscriber.complete(),
      })
      return () => subscription.unsubscribe()
    })
  }

  /** Whether there is a subscriber. */
  get observed(): boolean {
    return this.values.observed
  }

  next(value: T): void {
    if (this.hasEnded || !this.observed) return
    const number = ++this.count
    this.emit(() => this.values.next({ number, value }))
  }

  complete(): void {
    this.end(() => this.values.complete())
  }

  error(thrown: unknown): void {
    this.end(() => this.values.error(thrown))
  }

  private end(emission: () => void): void {
    if (this.hasEnded) return
    this.hasEnded = true
    this.emit(emission)
  }

  private emit(emission: () => void): void {
    this.order.run(() => emitGuarded(emission, this.report))
  }
}
