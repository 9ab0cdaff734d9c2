/** Work that is done piece by piece. */

/** Does all of it at once. */
export function whole<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}
