/** A poller in React. */
import { useEffect, useRef } from 'react'
import { Poller } from './poller.ts'

/** Asks again and again while it is on and the page is looked at, and at once where the key is another. */
export function usePoll(ask: () => Promise<unknown>, key: string, every: number, isOn: boolean): void {
  const latest = useRef(ask)
  latest.current = ask
  const poller = useRef<Poller>(undefined)
  useEffect(() => {
    if (!isOn) return
    const own = new Poller(
      () => latest.current(),
      every,
      () => document.visibilityState === 'visible',
    )
    poller.current = own
    return () => own.stop()
  }, [every, isOn])
  const asked = useRef(key)
  useEffect(() => {
    if (asked.current !== key) poller.current?.wake()
    asked.current = key
  }, [key])
}
