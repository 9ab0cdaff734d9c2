/** React hooks for streams, timers and sizes. */
import { type RefObject, useEffect, useRef, useState } from 'react'
import { filter, map, merge, type Observable, pairwise, throttleTime } from 'rxjs'
import { kept } from './kept.ts'
import { Poller } from './poller.ts'

/**
 * The shortest time between two renders of a stream, in milliseconds: more would not be visible, and costs
 * the run's machine.
 */
const SHOWN = 100

/**
 * The latest value of a stream, a few times per second. Ignores its error.
 *
 * @param isNews whether a value must be shown at once, since somebody waits for it; `isNews` must not change
 */
export function useLatest<T>(
  stream$: Observable<T> | undefined,
  initial: T,
  isNews: (value: T, before: T) => boolean = () => false,
): T {
  const [value, setValue] = useState(initial)
  const decides = useRef(isNews)
  useEffect(() => {
    if (!stream$) return
    const often$ = stream$.pipe(throttleTime(SHOWN, undefined, { leading: true, trailing: true }))
    const news$ = stream$.pipe(
      pairwise(),
      filter(([before, after]) => decides.current(after, before)),
      map(([, after]) => after),
    )
    const subscription = merge(news$, often$).subscribe({ next: setValue, error: () => undefined })
    return () => subscription.unsubscribe()
  }, [stream$])
  return value
}

/** Polls while it is on and the page is visible, and at once when the key changes. `every` and `least` are those of `Poller`. */
export function usePoll(
  ask: () => Promise<unknown>,
  key: string,
  every: number,
  isOn: boolean,
  least: number = every,
): void {
  const latest = useRef(ask)
  latest.current = ask
  const poller = useRef<Poller>(undefined)
  useEffect(() => {
    if (!isOn) return
    const own = new Poller(
      () => latest.current(),
      every,
      () => document.visibilityState === 'visible',
      least,
    )
    poller.current = own
    return () => own.stop()
  }, [every, least, isOn])
  const asked = useRef(key)
  useEffect(() => {
    if (asked.current !== key) poller.current?.wake()
    asked.current = key
  }, [key])
}

/** Elements that use Escape themselves. */
const TYPED = 'select, input:not([type=checkbox], [type=radio], [type=range])'

/** What Escape closes; what was opened last is at the end. */
const closable: object[] = []

/** Runs some work on Escape, unless the focused element uses it, or something else was opened since. */
export function useEscape(work: () => void, isOn: boolean): void {
  const latest = useRef(work)
  latest.current = work
  useEffect(() => {
    if (!isOn) return
    const own = {}
    closable.push(own)
    const listen = (event: KeyboardEvent) => {
      const isTyped = event.target instanceof HTMLElement && event.target.matches(TYPED)
      if (event.key !== 'Escape' || event.defaultPrevented || isTyped || closable.at(-1) !== own) return
      latest.current()
    }
    addEventListener('keydown', listen)
    return () => {
      removeEventListener('keydown', listen)
      closable.splice(closable.indexOf(own), 1)
    }
  }, [isOn])
}

/** Fields that undo themselves. */
const TEXTS = 'textarea, input:not([type=checkbox], [type=radio], [type=range]), [contenteditable]'
/** Elements that use keys themselves: fields all of them, and the others the space bar. */
const FIELDS = `select, ${TEXTS}`
const FOCUSABLE = 'a, button, input, [tabindex]'

/** Who steers by voice, or touches keys unawares, turns single ones off. */
export const areKeysOn = (): boolean => kept('keys') !== 'off'

/** Runs some work on a key, unless the focused element uses it, or another key is held down with it. */
export function useKey(key: string, work: () => void, isOn: boolean): void {
  const latest = useRef(work)
  latest.current = work
  useEffect(() => {
    if (!isOn) return
    const listen = (event: KeyboardEvent) => {
      const { target, altKey, ctrlKey, metaKey, repeat, defaultPrevented } = event
      // What is behind a dialog must wait.
      if (document.querySelector('dialog:modal') || !areKeysOn()) return
      if (event.key !== key || altKey || ctrlKey || metaKey || repeat || defaultPrevented) return
      const own = key === ' ' ? `${FIELDS}, ${FOCUSABLE}` : FIELDS
      if (target instanceof HTMLElement && target.matches(own)) return
      event.preventDefault()
      latest.current()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [key, isOn])
}

/**
 * Runs some work on Ctrl (on a Mac ⌘) and a letter, with or without Shift, unless somebody types in a field that undoes itself. What is `isFirst`
 * hears the key before the others, which it then keeps from them.
 */
export function useChord(
  letter: string,
  isShifted: boolean,
  work: () => void,
  isOn: boolean,
  isFirst = false,
): void {
  const latest = useRef(work)
  latest.current = work
  useEffect(() => {
    if (!isOn) return
    const listen = (event: KeyboardEvent) => {
      const { target, key, altKey, ctrlKey, metaKey, shiftKey, defaultPrevented } = event
      const isChord = ctrlKey !== metaKey && !altKey && shiftKey === isShifted
      if (!isChord || key.toLowerCase() !== letter || defaultPrevented) return
      if (target instanceof HTMLElement && target.matches(TEXTS)) return
      event.preventDefault()
      latest.current()
    }
    addEventListener('keydown', listen, isFirst)
    return () => removeEventListener('keydown', listen, isFirst)
  }, [letter, isShifted, isOn, isFirst])
}

/** An element that comes into sight with each key, where the page is one column and it may stand below what was clicked. */
export function useInSight<T extends HTMLElement>(key: string): RefObject<T | null> {
  const element = useRef<T>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each key is another thing to see
  useEffect(() => {
    if (matchMedia('(max-width: 1100px)').matches) element.current?.scrollIntoView({ block: 'nearest' })
  }, [key])
  return element
}

/** Whether a media query matches. */
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

/** The size of an element in CSS pixels; 0 until known. While it is hidden, and has none, the one that it had last. */
export function useSize(element: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    const observed = element.current as HTMLElement
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = observed
      if (width > 0) setSize({ width, height })
    })
    observer.observe(observed)
    return () => observer.disconnect()
  }, [element])
  return size
}

/** A throttled value, for expensive drawing. */
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

/** Whether something is so, or has been at any time since `isOn` is true. */
export function useSince(isSo: boolean, isOn: boolean): boolean {
  const since = useRef(false)
  since.current = isOn && (since.current || isSo)
  return since.current
}
