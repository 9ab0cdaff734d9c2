/** Streams, times and sizes in React. */
import { type RefObject, useEffect, useRef, useState } from 'react'
import type { Observable } from 'rxjs'

/** The latest value of a stream, at most once a frame of the screen; what it errors with is thrown away. */
export function useLatest<T>(stream$: Observable<T> | undefined, initial: T): T {
  const [value, setValue] = useState(initial)
  const latest = useRef(initial)
  useEffect(() => {
    let frame = 0
    const subscription = stream$?.subscribe({
      next(next) {
        latest.current = next
        frame ||= requestAnimationFrame(() => {
          frame = 0
          setValue(latest.current)
        })
      },
      error: () => undefined,
    })
    return () => {
      subscription?.unsubscribe()
      cancelAnimationFrame(frame)
    }
  }, [stream$])
  return value
}

/** What work says after each interval of time, while the page is looked at. */
export function useInterval(work: () => void, milliseconds: number): void {
  const latest = useRef(work)
  latest.current = work
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && latest.current(), milliseconds)
    return () => clearInterval(timer)
  }, [milliseconds])
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

/** The size of an element, in pixels of the page. */
export function useSize(element: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 1, height: 1 })
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
