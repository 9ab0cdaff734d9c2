/** Which rows of a long table can be seen. All have the same height, so it is a division. */
import { type RefObject, useEffect, useState } from 'react'
import { useSize } from '../hooks.ts'

/** Rows above and below that are there before they are scrolled to. */
const SPARE = 8

export interface Shown {
  /** The first row, and the one after the last. */
  readonly first: number
  readonly end: number
}

export function rowsIn(top: number, height: number, row: number, count: number): Shown {
  const first = Math.min(Math.max(Math.floor(top / row) - SPARE, 0), count)
  return { first, end: Math.min(Math.ceil((top + height) / row) + SPARE, count) }
}

export function useWindowed(box: RefObject<HTMLElement | null>, count: number, row: number): Shown {
  const { height } = useSize(box)
  const [top, setTop] = useState(0)
  useEffect(() => {
    const element = box.current as HTMLElement
    // A whole number of rows, so that not every pixel draws the table anew.
    const listen = () => setTop(row * Math.floor(element.scrollTop / row))
    element.addEventListener('scroll', listen, { passive: true })
    return () => element.removeEventListener('scroll', listen)
  }, [box, row])
  return rowsIn(top, height, row, count)
}
