/** Curves of several runs in one plot. However many points they have, a frame draws no more than can be seen. */
import { memo, useLayoutEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Unit } from '../charts/curves.ts'
import { onPointer } from '../charts/pointer.ts'
import { clock, PERIODS } from '../charts/times.ts'
import { count, figures, ticks } from '../format.ts'
import { styled } from '../palette.ts'
import { within } from './span.ts'
import { thinned } from './thinning.ts'
import { after, type Track } from './tracks.ts'

export interface Line {
  readonly key: string
  readonly label: string
  /** The name of a colour in the style sheet. */
  readonly colour: string
  readonly dash: readonly number[]
  /** Behind an average, the points are faint. */
  readonly isFaint: boolean
  readonly track: Track
}

export type Span = readonly [from: number, to: number]

interface Props {
  readonly lines: readonly Line[]
  readonly whole: Span
  /** The shown part of the axis; undefined for all of it. */
  readonly span: Span | undefined
  readonly isLog: boolean
  readonly isDark: boolean
  readonly unit: Unit
  readonly label: string
  readonly onSpan: (span: Span | undefined) => void
  /** Receives the position of the pointer on the axis. */
  readonly onPoint: (x: number | undefined) => void
}

export const OverlayPlot = memo((props: Props) => {
  const { lines, isLog, isDark, unit, whole, span, label } = props
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef(props)
  latest.current = props
  const looks = JSON.stringify(lines.map(({ key, colour, dash, isFaint }) => [key, colour, dash, isFaint]))

  // Before anything else can draw: the plot must have the curves that the page has.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot is recreated when its curves or scales change
  useLayoutEffect(() => {
    const element = host.current as HTMLDivElement
    const made = new uPlot(optionsFor(latest.current, element), [[], ...lines.map(() => [])], element)
    plot.current = made
    draw(made, latest.current)
    const stopMoving = onMove(made, latest)
    const forget = onPointer(made, {
      point: x => latest.current.onPoint(x),
      zoom: range => latest.current.onSpan(range),
      pick: () => undefined,
    })
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: element.clientHeight })
      draw(made, latest.current)
    })
    observer.observe(element)
    return () => {
      stopMoving()
      forget()
      observer.disconnect()
      made.destroy()
    }
  }, [looks, isLog, isDark, unit])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new plot has drawn them already
  useLayoutEffect(() => {
    if (plot.current) draw(plot.current, latest.current)
  }, [lines, whole, span])

  return <div className="plot" ref={host} role="img" aria-label={label} />
})

/** The width of a line, and of one that goes up and down in each column: the finest is drawn several times as fast. */
const [LINE, HAIR] = [1.75, 1]

/** Draws a part of the axis. */
function draw(plot: uPlot, { lines, isLog, whole, span }: Props, moved?: Span): void {
  const [min, max] = moved ?? span ?? whole
  const columns = Math.max(Math.round(plot.over.clientWidth), 50)
  const data = thinned(
    lines.map(({ track }) => track),
    [min, max],
    columns,
    isLog,
  )
  lines.forEach(({ track: { x }, isFaint }, i) => {
    const isDense = after(x, max) - after(x, min) > columns
    ;(plot.series[i + 1] as uPlot.Series).width = isDense ? HAIR / devicePixelRatio : isFaint ? 1 : LINE
  })
  plot.batch(() => {
    plot.setData(data as uPlot.AlignedData, false)
    plot.setScale('x', { min, max })
  })
}

/** How far a turn of the wheel by a pixel zooms, and after how long a movement has ended, in milliseconds. */
const ZOOM = 0.002
const REST = 250

/** Moves along the axis: with Shift and the pointer, or with the wheel across. The wheel with Ctrl zooms. */
function onMove(plot: uPlot, latest: { readonly current: Props }): () => void {
  const { over } = plot
  const abort = new AbortController()
  let now: Span | undefined
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let held: { readonly left: number; readonly span: Span } | undefined

  const shown = (): Span => now ?? latest.current.span ?? latest.current.whole
  const move = (span: Span) => {
    now = within(span, latest.current.whole)
    frame ||= requestAnimationFrame(() => {
      frame = 0
      if (now) draw(plot, latest.current, now)
    })
  }
  const settle = () => {
    if (now) latest.current.onSpan(now)
    now = undefined
  }
  const wide = ([from, to]: Span) => (to - from) / Math.max(over.clientWidth, 1)
  const options = { signal: abort.signal, capture: true } as const
  over.addEventListener(
    'pointerdown',
    event => {
      if (!event.shiftKey || event.button !== 0) return
      event.stopImmediatePropagation()
      over.setPointerCapture(event.pointerId)
      held = { left: event.clientX, span: shown() }
    },
    options,
  )
  over.addEventListener(
    'pointermove',
    event => {
      if (!held) return
      event.stopImmediatePropagation()
      const by = (held.left - event.clientX) * wide(held.span)
      move([held.span[0] + by, held.span[1] + by])
    },
    options,
  )
  for (const type of ['pointerup', 'pointercancel'] as const)
    over.addEventListener(
      type,
      event => {
        if (!held) return
        event.stopImmediatePropagation()
        held = undefined
        settle()
      },
      options,
    )
  over.addEventListener(
    'wheel',
    event => {
      const across = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX
      const isZoom = event.ctrlKey || event.metaKey
      // Otherwise the page is scrolled.
      if (!isZoom && Math.abs(across) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return
      event.preventDefault()
      const [from, to] = shown()
      if (isZoom) {
        const at = plot.posToVal(event.clientX - over.getBoundingClientRect().left, 'x')
        const factor = Math.exp(event.deltaY * ZOOM)
        move([at - (at - from) * factor, at + (to - at) * factor])
      } else {
        const by = across * wide([from, to])
        move([from + by, to + by])
      }
      clearTimeout(timer)
      timer = setTimeout(settle, REST)
    },
    { ...options, passive: false },
  )
  return () => {
    abort.abort()
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
}

/** Steps are whole. */
const INCREMENTS = [1, 2, 5]
  .flatMap(first => Array.from({ length: 14 }, (_, zeros) => first * 10 ** zeros))
  .sort((a, b) => a - b)

function optionsFor({ lines, isLog, unit }: Props, element: HTMLElement): uPlot.Options {
  const nameOf = unit === 'time' ? clock : unit === 'epoch' ? figures : count
  const axis: uPlot.Axis = {
    stroke: styled('--quiet'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: styled('--line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    padding: [12, 34, 0, 0],
    cursor: {
      drag: { x: false, y: false, setScale: false },
      bind: { dblclick: () => null },
      y: false,
      points: { show: false },
    },
    scales: { x: { time: false, range: (_, min, max) => [min, max] }, y: { distr: isLog ? 3 : 1 } },
    axes: [
      {
        ...axis,
        ...(unit === 'time' && { incrs: PERIODS }),
        ...(unit === 'step' && { incrs: INCREMENTS }),
        values: (_, places) => places.map(nameOf),
        space: (_, __, ___, most) => 24 + 8 * nameOf(most).length,
        size: 30,
        // Clear of the lowest label beside the plot.
        gap: 8,
      },
      {
        ...axis,
        values: (_, places) => ticks(places),
        size: (_, texts) => 16 + 7 * Math.max(...(texts ?? []).map(text => text?.length ?? 0), 2),
      },
    ],
    series: [
      { label: unit },
      ...lines.map(
        ({ key, colour, dash, isFaint }): uPlot.Series => ({
          label: key,
          stroke: styled(colour),
          alpha: isFaint ? 0.28 : 1,
          points: { show: ({ data }, i) => isAlone(data[i]), size: 6, fill: styled(colour) },
          ...(dash.length > 0 && { dash: [...dash] }),
        }),
      ),
    ],
  }
}

/** A single point makes no line, so it is a dot. */
function isAlone(values: uPlot.AlignedData[number] | undefined): boolean {
  let known = 0
  for (const value of values ?? []) if (value != null && ++known > 1) return false
  return known === 1
}
