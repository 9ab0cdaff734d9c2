/** What public streams are emitted by. */
import { type Observable, Subject } from 'rxjs'
import { emitGuarded, type Report, SafeObservable } from './safe-observable.ts'

/**
 * The order of what several streams tell. What is to be told while something is being told waits until all have heard that,
 * so every subscriber of every stream hears one order, whatever the others do meanwhile.
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
  /** Takes what subscribers throw. */
  readonly report: Report
  /** Shared by streams that belong together; by default a stream is alone. */
  readonly order?: EmissionOrder
  /** What a new subscriber is told first, if anything. */
  readonly present?: () => T | undefined
  /** What a new subscriber is told first of what has been told, in its order; also where all has ended. */
  readonly past?: () => readonly T[]
}

interface Numbered<T> {
  readonly number: number
  readonly value: T
}

/** The source of one public stream. A subscriber hears what comes to be after it subscribed. */
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
      // What waits to be told came before, and is in what is told now.
      let since = this.count
      if (first !== undefined) emitGuarded(() => subscriber.next(first), report)
      if (past) {
        // What comes to be meanwhile is told here as well.
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

  /** Whether anybody subscribes. */
  get observed(): boolean {
    return this.values.observed
  }

  next(value: T): void {
    if (this.hasEnded || !this.observed) return
    const number = ++this.count
    this.tell(() => this.values.next({ number, value }))
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
    this.tell(emission)
  }

  private tell(emission: () => void): void {
    this.order.run(() => emitGuarded(emission, this.report))
  }
}
