/** A parameter as a heat map: blue below 0, orange above, with a legend. */
import { type PointerEvent, useEffect, useRef, useState } from 'react'
import type { BridgeClient, Query, Shape, Tensor } from '../../client.ts'
import { count, figures, shapeText } from '../format.ts'
import { drawMatrix, extentOf, sizeOf } from '../heat-map.ts'
import type { Subject } from './subjects.ts'

/** How often per second to request it: each time, the whole tensor is sent. */
const RATE = 0.5
/** The most numbers to request: 256 KiB at a time. */
const MOST = 65_536

interface Props {
  readonly client: BridgeClient
  readonly subject: Subject
  readonly shape: Shape
  readonly isDark: boolean
}

export function Weights({ client, subject, shape, isDark }: Props) {
  const size = shape.reduce((product, axis) => product * axis, 1)
  if (size > MOST) {
    return (
      <p className="quiet">
        {subject.label} has {count(size)} numbers. No more than {count(MOST)} are drawn one by one, since the
        run would have to send them all.
      </p>
    )
  }
  return <HeatMap client={client} subject={subject} shape={shape} isDark={isDark} />
}

function HeatMap({ client, subject, shape, isDark }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [tensor, setTensor] = useState<Tensor>()
  const [problem, setProblem] = useState<string>()
  const [pointed, setPointed] = useState<number>()
  const [rows, columns] = sizeOf({ shape })
  const { node, of, parameter } = subject.query

  useEffect(() => {
    const query = { node, of, parameter, what: 'full', rate: RATE } as Query & { what: 'full' }
    const watch = client.watch(query).subscribe({
      next: result => setTensor(result.tensor),
      error: (error: Error) => setProblem(error.message),
    })
    return () => watch.unsubscribe()
  }, [client, node, of, parameter])
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours of the style sheet depend on the mode
  useEffect(() => {
    if (canvas.current && tensor) drawMatrix(canvas.current, tensor)
  }, [tensor, isDark])

  const point = ({ nativeEvent: { offsetX, offsetY }, currentTarget }: PointerEvent<HTMLCanvasElement>) => {
    const row = Math.floor((offsetY / currentTarget.clientHeight) * rows)
    const column = Math.floor((offsetX / currentTarget.clientWidth) * columns)
    setPointed(Math.min(Math.max(row, 0), rows - 1) * columns + Math.min(Math.max(column, 0), columns - 1))
  }
  if (problem) return <p className="quiet">{problem}</p>
  if (!tensor) return <p className="quiet">Loading …</p>
  const extent = extentOf(tensor)
  const layout =
    pointed === undefined
      ? `${rows > 1 ? `${count(rows)} inputs downwards, ` : ''}${count(columns)} units to the right`
      : `${rows > 1 ? `input ${Math.floor(pointed / columns)}, ` : ''}unit ${pointed % columns}: ${figures(tensor.data[pointed])}`
  return (
    <figure className="weights">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Heat map of ${subject.label}, from ${figures(-extent)} to ${figures(extent)}`}
        onPointerMove={point}
        onPointerLeave={() => setPointed(undefined)}
      />
      <figcaption>
        <span className="key">
          {figures(-extent)} <span className="key-colours" /> {figures(extent)}
        </span>
        {subject.label}, {shapeText(shape)}: {layout}
      </figcaption>
    </figure>
  )
}
