/** Streams, times and sizes in React. */
import { type RefObject, useEffect, useRef, useState } from 'react'
import { type Observable, throttleTime } from 'rxjs'
import { Poller } from './poller.ts'

/** How often what a stream says is shown at most, in milliseconds: eyes need no more, and it costs the run's machine. */
const SHOWN = 100

/** The latest value of a stream, a few times a second; what it errors with is thrown away. */
export function useLatest<T>(stream$: Observable<T> | undefined, initial: T): T {
  const [value, setValue] = useState(initial)
  useEffect(() => {
    const latest$ = stream$?.pipe(throttleTime(SHOWN, undefined, { leading: true, trailing: true }))
    const subscription = latest$?.subscribe({ next: setValue, error: () => undefined })
    return () => subscription?.unsubscribe()
  }, [stream$])
  return value
}

/** Does something again and again, while the page is looked at. */
export function useInterval(work: () => void, milliseconds: number): void {
  const latest = useRef(work)
  latest.current = work
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && latest.current(), milliseconds)
    return () => clearInterval(timer)
  }, [milliseconds])
}

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

/** What makes use of Escape itself. */
const TYPED = 'select, input:not([type=checkbox], [type=radio], [type=range])'

/** Does something when Escape is pressed, unless what has the focus makes use of it. */
export function useEscape(work: () => void, isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return
    const listen = (event: KeyboardEvent) => {
      const isTyped = event.target instanceof HTMLElement && event.target.matches(TYPED)
      if (event.key === 'Escape' && !event.defaultPrevented && !isTyped) work()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [work, isOn])
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const listen = () => setMatches(list.matches)
    list.addEventListener('change', listen)
    return () => list.removeEventListener('change', listen)
  }, [query])
  return matches
}

/** The size of an element, in pixels of the page; 0 until it is known. */
export function useSize(element: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    const observed = element.current as HTMLElement
    const observer = new ResizeObserver(() => {
      setSize({ width: observed.clientWidth, height: observed.clientHeight })
    })
    observer.observe(observed)
    return () => observer.disconnect()
  }, [element])
  return size
}

/** A value, at most so often: what draws much is drawn less often. */
export function useThrottled<T>(value: T, milliseconds: number): T {
  const [shown, setShown] = useState(value)
  const last = useRef(0)
  useEffect(() => {
    const rest = Math.max(last.current + milliseconds - performance.now(), 0)
    const timer = setTimeout(() => {
      last.current = performance.now()
      setShown(value)
    }, rest)
    return () => clearTimeout(timer)
  }, [value, milliseconds])
  return shown
}
