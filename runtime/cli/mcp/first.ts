/** The first value of a stream that is wanted, as a promise. */
import { type Observable, Subscription } from 'rxjs'

/**
 * Undefined if the stream ends before one comes, or the time is over; rejects if the stream fails.
 *
 * @param milliseconds how long to wait; for ever by default
 */
export function first<T>(
  stream$: Observable<T>,
  isWanted: (value: T) => boolean = () => true,
  milliseconds?: number,
): Promise<T | undefined> {
  const all = new Subscription()
  const found = new Promise<T | undefined>((resolve, reject) => {
    if (milliseconds !== undefined) {
      const over = setTimeout(() => resolve(undefined), milliseconds)
      all.add(() => clearTimeout(over))
    }
    all.add(
      stream$.subscribe({
        next: value => isWanted(value) && resolve(value),
        error: reject,
        complete: () => resolve(undefined),
      }),
    )
  })
  return found.finally(() => all.unsubscribe())
}
