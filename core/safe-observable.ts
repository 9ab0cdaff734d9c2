/** Public streams. A subscriber that throws harms nobody else. */
import { config, Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs'

/** Receives what a subscriber threw. */
export type Report = (error: unknown) => void

/**
 * An Observable that reports what its subscribers throw; with plain RxJS the process would end. `pipe`
 * returns the same kind, so `forward$.pipe(auditTime(50)).subscribe(draw)` is safe too.
 */
export class SafeObservable<T> extends Observable<T> {
  private readonly report: Report

  constructor(report: Report, subscribe?: (subscriber: Subscriber<T>) => (() => void) | undefined) {
    super(subscribe)
    this.report = report
  }

  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new SafeObservable<R>(this.report)
    lifted.source = this
    lifted.operator = operator
    return lifted
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // A Subscriber belongs to an operator in between; the final subscriber is guarded by its own subscribe.
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext)
    const observer: Partial<Observer<T>> =
      typeof observerOrNext === 'object' && observerOrNext !== null
        ? observerOrNext
        : {
            ...(observerOrNext && { next: observerOrNext }),
            ...(error && { error }),
            ...(complete && { complete }),
          }
    const { report } = this
    const guarded =
      <Arguments extends unknown[]>(call: (...values: Arguments) => void) =>
      (...values: Arguments) => {
        try {
          call(...values)
        } catch (thrown) {
          report(thrown)
        }
      }
    return super.subscribe({
      next: guarded(value => observer.next?.(value)),
      error: guarded(thrown => (observer.error ? observer.error(thrown) : report(thrown))),
      complete: guarded(() => observer.complete?.()),
    })
  }
}

/**
 * Emits to subscribers that may come through combinations such as `merge(a$, b$)`, which are not a
 * `SafeObservable`. While `emit` runs, RxJS passes their errors to `report` instead of throwing them in the
 * process later.
 */
export function emitGuarded(emit: () => void, report: Report): void {
  const before = config.useDeprecatedSynchronousErrorHandling
  config.useDeprecatedSynchronousErrorHandling = true
  try {
    emit()
  } catch (thrown) {
    report(thrown)
  } finally {
    config.useDeprecatedSynchronousErrorHandling = before
  }
}
