/** The plane of two inputs: the predictions, the training points, and a legend. */
import { useEffect, useMemo, useRef } from 'react'
import { figures } from './format.ts'
import { useSize } from './hooks.ts'
import type { SaidOfPlane } from './look.ts'
import { colourNameOf, markOf } from './marks.ts'
import { drawPoints, drawSurface, scaleOf } from './surface.ts'
import { classNames, type Task } from './task.ts'

interface Props {
  readonly task: Task
  readonly plane: SaidOfPlane
  readonly isDark: boolean
}

export function Boundary({ task, plane, isDark }: Props) {
  const [canvas, above] = [useRef<HTMLCanvasElement>(null), useRef<HTMLCanvasElement>(null)]
  const { width, height } = useSize(canvas)
  const { points, grid, outputs } = plane
  const { [task.input]: places, [task.target]: targets } = points.columns
  const said = outputs[task.output ?? '']
  const ofTargets = useMemo(() => targets && scaleOf(targets.data), [targets])
  const scale = ofTargets ?? scaleOf(said?.data ?? [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: redraw on new answers, colours and sizes
  useEffect(() => {
    if (canvas.current && said) drawSurface(canvas.current, { task, said, scale })
  }, [said, isDark, width, height])
  // biome-ignore lint/correctness/useExhaustiveDependencies: redraw on new colours and sizes
  useEffect(() => {
    if (above.current) drawPoints(above.current, { task, grid, places, targets, scale })
  }, [task, places, ofTargets, isDark, width, height])
  const [across, up] = points.names[task.input] ?? []
  const drawn = places?.shape[0] ?? 0
  const rest = drawn === points.count ? `the first ${drawn}` : String(drawn)
  return (
    <figure className="boundary">
      <div className="plane">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`The prediction over ${across ?? 'the first input'} from ${figures(grid.x[0])} to ${figures(grid.x[1])} and ${up ?? 'the second'} from ${figures(grid.y[0])} to ${figures(grid.y[1])}`}
        />
        <canvas ref={above} />
      </div>
      <figcaption>
        {task.kind === 'regression' ? (
          <ScaleBar scale={scale} name={points.names[task.target]?.[0]} />
        ) : (
          <Legend names={classNames(task, points.names[task.target])} />
        )}
        <p>
          {across !== undefined && up !== undefined && `${across} →, ${up} ↑; `}
          {rest} {points.source === 'data' ? 'training' : 'validation'} points
        </p>
        {said?.data.some(Number.isNaN) && <p className="refused">Blank: not a number.</p>}
      </figcaption>
    </figure>
  )
}

export function Legend({ names }: { readonly names: readonly string[] }) {
  return (
    <ul className="classes" aria-label="Classes">
      {names.map((name, i) => (
        <li key={name}>
          <svg viewBox="-8 -8 16 16" aria-hidden="true" style={{ fill: `var(${colourNameOf(i)})` }}>
            <polygon points={markOf(i, [0, 0], 5).join(' ')} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  )
}

export function ScaleBar({
  scale: [least, most],
  name,
}: {
  scale: readonly [number, number]
  name: string | undefined
}) {
  return (
    <div className="scale">
      <span>{figures(least)}</span>
      <div className="scale-bar" />
      <span>{figures(most)}</span>
      {name !== undefined && <span>{name}</span>}
    </div>
  )
}
