/** The next turn of the event loop, after due timers and I/O. */

/** Runs a function in the next turn, by `setImmediate` if available, else by a message. */
export function atNextTurn(run: () => void): void {
  if (typeof setImmediate === 'function') {
    setImmediate(run)
    return
  }
  const { port1, port2 } = new MessageChannel()
  const onmessage = () => {
    port1.close()
    run()
  }
  Object.assign(port1, { onmessage })
  port2.postMessage(null)
}

/** The same as a promise. */
export const nextTurn = (): Promise<void> => new Promise(resolve => atNextTurn(resolve))
