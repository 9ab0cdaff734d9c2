/** Errors that subscribers of public streams throw. */
import type { Observable } from 'rxjs'
import { Emitter } from './emitter.ts'
import { GradstreamError, show } from './errors.ts'
import type { Report } from './safe-observable.ts'

/** Reports them on one stream. Without a subscriber, the first of each place goes to the console. */
export class SubscriberErrors {
  readonly stream$: Observable<GradstreamError>
  // Errors of this stream's own subscribers have nowhere left to go.
  private readonly errors = new Emitter<GradstreamError>({ report: () => undefined })
  private readonly unheard = new Set<string>()

  constructor() {
    this.stream$ = this.errors.stream$
  }

  /** Reports what a subscriber of the stream called `place` threw. */
  report(place: string, thrown: unknown): void {
    const error = new GradstreamError('SUBSCRIBER_FAILED', {
      place: `subscriber of ${place}`,
      expected: 'no error',
      got: `"${show(thrown)}"`,
      cause: thrown,
    })
    if (this.errors.observed) this.errors.next(error)
    else if (!this.unheard.has(place)) {
      this.unheard.add(place)
      console.error(error)
    }
  }

  reportOf(place: string): Report {
    return thrown => this.report(place, thrown)
  }

  complete(): void {
    this.errors.complete()
  }
}
