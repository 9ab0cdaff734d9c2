/** The curves, drawn by uPlot. Reports its ground and the position of the pointer, and zooms into a dragged range. */
import { memo, useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { count, ticks } from '../format.ts'
import { styled } from '../palette.ts'
import { type Curve, legendText, type Points, type Unit } from './curves.ts'
import { gathered } from './gathered.ts'
import { ICON_COLOURS } from './mark-icons.ts'
import { onPointer } from './pointer.ts'
import { type Ground, NEAR } from './rail.tsx'
import type { Mark } from './svg.ts'
import { clock, PERIODS } from './times.ts'

interface Props {
  readonly host: React.RefObject<HTMLDivElement | null>
  readonly curves: readonly Curve[]
  readonly marks: readonly Mark[]
  readonly isLog: boolean
  readonly isDark: boolean
  readonly unit: Unit
  /** The shown part of the axis; undefined for all of it. */
  readonly range: readonly [number, number] | undefined
  readonly label: string
  readonly onZoom: (range: readonly [number, number] | undefined) => void
  /** Receives the position of the pointer on the axis. */
  readonly onPoint: (x: number | undefined) => void
  /** Receives the place of a click. */
  readonly onPick: (x: number) => void
  readonly onGround: (ground: Ground) => void
}

/** Epochs and steps are whole. */
const WHOLE = [1, 2, 5].flatMap(first => Array.from({ length: 14 }, (_, zeros) => first * 10 ** zeros))
const INCREMENTS = WHOLE.toSorted((a, b) => a - b)

/** The room for marks above the plot, in pixels. */
const RAIL = 28

export const Plot = memo((props: Props) => {
  const { host, curves, isLog, isDark, unit, label } = props
  const plot = useRef<uPlot>(undefined)
  const latest = useRef(props)
  latest.current = props
  const looks = JSON.stringify(curves.map(({ name, trend, isFaint }) => [name, trend !== undefined, isFaint]))

  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot is recreated when its curves or scales change
  useEffect(() => {
    const element = host.current as HTMLDivElement
    const made = new uPlot(optionsFor(latest, element), dataOf(curves, isLog), element)
    plot.current = made
    const forget = onPointer(made, {
      point: x => latest.current.onPoint(x),
      zoom: range => latest.current.onZoom(range),
      pick: x => latest.current.onPick(x),
    })
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: element.clientHeight }),
    )
    observer.observe(element)
    return () => {
      forget()
      observer.disconnect()
      made.destroy()
    }
  }, [looks, isLog, isDark, unit])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the range and the marks are read when it is drawn
  useEffect(() => plot.current?.setData(dataOf(curves, isLog)), [curves, isLog, props.range, props.marks])

  const legends = curves.map(curve => legendText(curve)).join('; ')
  return <div className="plot" ref={host} role="img" aria-label={`${label}: ${legends || 'nothing yet'}`} />
})

function optionsFor(latest: React.RefObject<Props>, element: HTMLElement): uPlot.Options {
  const { curves, isLog, unit } = latest.current
  const nameOf = unit === 'time' ? clock : count
  const axis: uPlot.Axis = {
    stroke: styled('--quiet'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: styled('--line'), width: 1 },
    ticks: { show: false },
  }
  const drawn = curves.map(({ name, colour, isDashed, isStepped }): uPlot.Series => {
    const steps = isStepped && uPlot.paths.stepped?.({ align: 1 })
    return {
      label: name,
      stroke: styled(colour),
      // A single point makes no line, so show a dot.
      points: { show: ({ data }, i) => countOf(data[i]) === 1, size: 7, fill: styled(colour) },
      ...(isDashed && { dash: [7, 4] }),
      ...(steps && { paths: steps }),
    }
  })
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    legend: { show: false },
    // The first label below needs room where there are none beside it.
    padding: [RAIL, 26, 0, ({ scales }) => (scales.y?.min == null ? 30 : 0)],
    cursor: { drag: { x: false, y: false, setScale: false }, bind: { dblclick: () => null }, y: false },
    scales: {
      x: { time: false, range: (_, least, most) => [...(latest.current.range ?? padded(least, most))] },
      y: { distr: isLog ? 3 : 1 },
    },
    axes: [
      {
        ...axis,
        incrs: unit === 'time' ? PERIODS : INCREMENTS,
        values: (_, places) => places.map(nameOf),
        // Wide enough for the longest label.
        space: (_, __, ___, most) => 24 + 8 * nameOf(most).length,
        size: 30,
        // Clear of the lowest label beside the plot.
        gap: 8,
      },
      {
        ...axis,
        values: (_, places) => ticks(places),
        ...(isLog && { grid: { ...axis.grid, filter: powersOf } }),
        size: (_, texts) => 16 + 7 * Math.max(...(texts ?? []).map(text => text?.length ?? 0), 2),
      },
    ],
    // Faint curves go below the others.
    series: [
      { label: unit },
      ...drawn.map((series, i) => {
        const isFaint = (curves[i] as Curve).isFaint
        return { ...series, width: isFaint ? 1 : 2, alpha: isFaint ? 0.38 : 1 }
      }),
      ...drawn.filter((_, i) => curves[i]?.trend).map(series => ({ ...series, width: 2 })),
    ],
    hooks: {
      draw: [
        own => drawMarks(own, latest.current),
        own => latest.current.onGround(groundOf(own)),
        // While the run continues, a still pointer is at another step with each new point.
        ({ cursor: { left = -1 }, posToVal }) => {
          if (left >= 0) latest.current.onPoint(posToVal(left, 'x'))
        },
      ],
    },
  }
}

function countOf(values: uPlot.AlignedData[number] | undefined): number {
  let count = 0
  for (const value of values ?? []) if (value != null) count++
  return count
}

/** Grid lines only at powers of ten, if there are several. */
function powersOf(_: uPlot, places: number[]): (number | null)[] {
  const isPower = (place: number) => Math.abs(Math.log10(place) - Math.round(Math.log10(place))) < 1e-9
  return places.filter(isPower).length > 2 ? places.map(place => (isPower(place) ? place : null)) : places
}

const padded = (least: number | null, most: number | null): [number, number] => {
  if (least === null || most === null) return [0, 1]
  return least === most ? [least - 0.5, most + 0.5] : [least, most]
}

/** Aligns all curves on their combined x values. */
function dataOf(curves: readonly Curve[], isLog: boolean): uPlot.AlignedData {
  // Logarithms need values above 0.
  const table = ({ x, y }: Points): uPlot.AlignedData => [
    [...x],
    y.map(value => (isLog && value !== null && value <= 0 ? null : value)),
  ]
  const tables = [...curves.map(({ raw }) => raw), ...curves.flatMap(({ trend }) => trend ?? [])].map(table)
  return tables.length === 0 ? [[]] : uPlot.join(tables)
}

const groundOf = ({ bbox, scales }: uPlot): Ground => ({
  left: bbox.left / devicePixelRatio,
  width: bbox.width / devicePixelRatio,
  least: scales.x?.min ?? 0,
  most: scales.x?.max ?? 1,
})

/** Draws lines at marks, and rings at the figures that some are about. */
function drawMarks(own: uPlot, { marks, curves, isLog }: Props): void {
  const { ctx, bbox, scales, valToPos } = own
  const { min, max } = scales.x ?? {}
  if (min == null || max == null) return
  const inView = marks.filter(({ x }) => x >= min && x <= max)
  const placeOf = ({ x }: Mark) => valToPos(x, 'x', true)
  ctx.save()
  ctx.strokeStyle = styled('--mark')
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio])
  for (const { at } of gathered(inView, placeOf, NEAR * devicePixelRatio)) {
    ctx.beginPath()
    ctx.moveTo(at, bbox.top - 4 * devicePixelRatio)
    ctx.lineTo(at, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.setLineDash([])
  ctx.lineWidth = 2 * devicePixelRatio
  ctx.fillStyle = styled('--panel')
  for (const mark of inView) {
    const { figure, kind } = mark
    const isDrawn = figure && curves.some(({ name }) => name === figure.name) && (!isLog || figure.value > 0)
    if (!isDrawn) continue
    ctx.strokeStyle = styled(ICON_COLOURS[kind])
    ctx.beginPath()
    ctx.arc(placeOf(mark), valToPos(figure.value, 'y', true), 4.5 * devicePixelRatio, 0, 2 * Math.PI)
    ctx.fill()
    ctx.stroke()
  }
  ctx.restore()
}
