/** A part of a diagram chosen by the pointer: around a click, or from one corner to the other. */
import type { ScaleLinear } from 'd3-scale'
import { type PointerEvent, useState } from 'react'
import type { Region } from './errors.ts'

/** How far a click reaches, in units of the diagram, and how far the pointer moves before it draws a region. */
const REACH = 5
const MOVED = 3

type Place = readonly [x: number, y: number]

interface Props {
  readonly x: ScaleLinear<number, number>
  readonly y: ScaleLinear<number, number>
  readonly chosen: Region | undefined
  readonly onChoose: (region: Region) => void
}

export function Brush({ x, y, chosen, onChoose }: Props) {
  const [drawn, setDrawn] = useState<readonly [from: Place, to: Place]>()
  const [[left = 0, right = 0], [bottom = 0, top = 0]] = [x.range(), y.range()]
  const regionOf = ([[a, b], [c, d]]: readonly [Place, Place]): Region => ({
    actual: [x.invert(Math.min(a, c)), x.invert(Math.max(a, c))],
    predicted: [y.invert(Math.max(b, d)), y.invert(Math.min(b, d))],
  })
  const placeOf = ({ currentTarget, clientX, clientY }: PointerEvent<SVGRectElement>): Place => {
    const matrix = currentTarget.getScreenCTM()?.inverse()
    const at = new DOMPoint(clientX, clientY).matrixTransform(matrix)
    return [Math.min(Math.max(at.x, left), right), Math.min(Math.max(at.y, top), bottom)]
  }
  const start = (event: PointerEvent<SVGRectElement>) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const at = placeOf(event)
    setDrawn([at, at])
  }
  const end = (event: PointerEvent<SVGRectElement>) => {
    if (!drawn) return
    const [from] = drawn
    const [u, v] = placeOf(event)
    const isClick = Math.hypot(u - from[0], v - from[1]) < MOVED
    setDrawn(undefined)
    onChoose(
      regionOf(
        isClick
          ? [
              [u - REACH, v - REACH],
              [u + REACH, v + REACH],
            ]
          : [from, [u, v]],
      ),
    )
  }
  const shown = drawn ? regionOf(drawn) : chosen
  const [from, to] = shown
    ? [
        [x(shown.actual[0]), y(shown.predicted[1])],
        [x(shown.actual[1]), y(shown.predicted[0])],
      ]
    : [[], []]
  const within = (value: number | undefined, least: number, most: number) =>
    Math.min(Math.max(value ?? least, least), most)
  const [a, b] = [within(from?.[0], left, right), within(from?.[1], top, bottom)]
  return (
    <g className="brush">
      {shown && (
        <rect
          className="region"
          x={a}
          y={b}
          width={within(to?.[0], left, right) - a}
          height={within(to?.[1], top, bottom) - b}
        />
      )}
      <rect
        className="room"
        x={left}
        y={top}
        width={right - left}
        height={bottom - top}
        onPointerDown={start}
        onPointerMove={event => drawn && setDrawn([drawn[0], placeOf(event)])}
        onPointerUp={end}
        onPointerCancel={() => setDrawn(undefined)}
      />
    </g>
  )
}
