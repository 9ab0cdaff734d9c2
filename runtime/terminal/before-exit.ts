/** Cleans up when a process ends early. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Calls `tidy` when the process exits or a signal such as Ctrl-C comes. A signal without other listeners then
 * has its usual effect.
 *
 * @returns a function that cancels this
 */
export function beforeExit(tidy: () => void): () => void {
  const release = () => {
    process.off('exit', leave)
    for (const signal of SIGNALS) process.off(signal, leave)
  }
  const leave = (signal: NodeJS.Signals | number) => {
    release()
    tidy()
    if (typeof signal === 'string' && process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  process.on('exit', leave)
  for (const signal of SIGNALS) process.on(signal, leave)
  return release
}
