/** Mouse, pen and touch on a plot: point, pick, drag to zoom, and double-tap to reset. */
import type uPlot from 'uplot'

interface Listeners {
  point(x: number | undefined): void
  zoom(range: readonly [number, number] | undefined): void
  pick(x: number): void
}

/** A drag of fewer pixels is a click. */
const LEAST = 6
/** The most milliseconds and pixels between the taps of a double tap. */
const DOUBLE = { time: 350, distance: 30 }

const NOTHING = { left: 0, top: 0, width: 0, height: 0 }

/** Listens until the returned function is called. */
export function onPointer(plot: uPlot, { point, zoom, pick }: Listeners): () => void {
  const { over } = plot
  const abort = new AbortController()
  let start: number | undefined
  let tap = { time: Number.NEGATIVE_INFINITY, left: 0 }

  const placeOf = (event: PointerEvent) => {
    const { left, width } = over.getBoundingClientRect()
    return Math.min(Math.max(event.clientX - left, 0), width)
  }
  const listen = (type: string, listener: (event: PointerEvent) => void) =>
    over.addEventListener(type, listener as (event: Event) => void, { signal: abort.signal })
  const release = () => {
    start = undefined
    plot.setSelect(NOTHING, false)
  }

  const leave = () => {
    plot.setCursor({ left: -10, top: -10 })
    point(undefined)
  }
  const show = (range: readonly [number, number] | undefined) => {
    leave()
    zoom(range)
  }

  listen('pointerdown', event => {
    if (event.button !== 0) return
    start = placeOf(event)
    over.setPointerCapture(event.pointerId)
  })
  listen('pointermove', event => {
    const place = placeOf(event)
    if (event.pointerType !== 'mouse') plot.setCursor({ left: place, top: 0 })
    point(plot.posToVal(place, 'x'))
    if (start === undefined || Math.abs(place - start) < LEAST) return
    const select = {
      left: Math.min(start, place),
      top: 0,
      width: Math.abs(place - start),
      height: over.clientHeight,
    }
    plot.setSelect(select, false)
  })
  listen('pointerup', event => {
    if (start === undefined) return
    const [from, to] = [start, placeOf(event)]
    release()
    if (Math.abs(to - from) >= LEAST) {
      show([plot.posToVal(Math.min(from, to), 'x'), plot.posToVal(Math.max(from, to), 'x')])
      return
    }
    const isDouble = event.timeStamp - tap.time < DOUBLE.time && Math.abs(to - tap.left) < DOUBLE.distance
    tap = { time: isDouble ? Number.NEGATIVE_INFINITY : event.timeStamp, left: to }
    if (isDouble) show(undefined)
    else {
      point(plot.posToVal(to, 'x'))
      pick(plot.posToVal(to, 'x'))
    }
  })
  listen('pointercancel', release)
  listen('pointerleave', event => {
    // A finger leaves after every tap; keep the figures that it pointed at.
    if (event.pointerType !== 'mouse') return
    leave()
  })
  return () => abort.abort()
}
