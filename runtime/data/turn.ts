/** The next turn of the event loop, after timers and I/O that are due. */

/** Calls back there: with `setImmediate` where there is one, else with a message to itself. */
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
