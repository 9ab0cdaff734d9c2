/** Ends a process as signals ask it to, after a last word. */

/** What processes exit with that a signal ended is 128 more. */
const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const

/** How long the last word may take, in milliseconds. */
const GRACE = 1800

/**
 * On SIGINT or SIGTERM calls `lastly`, and ends the process when its promise settles, or after 1.8 seconds; a second signal ends it at once.
 *
 * @returns a function that cancels this
 */
export function beforeSignal(lastly: () => Promise<unknown>): () => void {
  let isEnding = false
  const end = (signal: NodeJS.Signals) => {
    const exit = () => process.exit(128 + SIGNALS[signal as keyof typeof SIGNALS])
    if (isEnding) exit()
    isEnding = true
    setTimeout(exit, GRACE)
    lastly().then(exit, exit)
  }
  const signals = Object.keys(SIGNALS)
  for (const signal of signals) process.on(signal, end)
  return () => {
    for (const signal of signals) process.off(signal, end)
  }
}
