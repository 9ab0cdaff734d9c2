/** The curves of several runs as a picture and as a table. */
import { tableOf } from '../charts/csv.ts'
import type { Curve, Points as CurvePoints } from '../charts/curves.ts'
import { thinned } from './thinning.ts'
import type { Points, Track } from './tracks.ts'

/** A run as it is drawn. */
export interface Drawn {
  readonly folder: string
  readonly track: Track
  /** Its average, if there is one. */
  readonly trend: Track | undefined
  readonly look: { readonly label: string; readonly colour: string; readonly dash: readonly number[] }
}

/** A part of the axis, with what can be seen of the points in so many columns. */
export function curvesIn(
  drawn: readonly Drawn[],
  span: readonly [number, number],
  columns: number,
  isLog: boolean,
): Curve[] {
  const [places, ...values] = thinned(
    drawn.flatMap(({ track, trend }) => [track, trend ?? NOWHERE]),
    span,
    columns,
    isLog,
  )
  const pointsOf = (values: readonly (number | null | undefined)[] = []): CurvePoints => {
    const known = values.flatMap((y, i) => (y === undefined ? [] : [{ x: places[i] as number, y }]))
    return { x: known.map(({ x }) => x), y: known.map(({ y }) => y) }
  }
  return drawn.map(({ folder, trend, look }, i) => ({
    ...look,
    name: folder,
    isDashed: false,
    isStepped: false,
    isFaint: trend !== undefined,
    raw: pointsOf(values[2 * i]),
    trend: trend && pointsOf(values[2 * i + 1]),
  }))
}

const NOWHERE: Track = { x: new Float64Array(), y: new Float64Array() }

/** All points of a figure that the runs have kept, a row each. As a table of runs, `gradstream view` reads it again. */
export function csvOfRuns(
  figure: string,
  runs: readonly { readonly folder: string; readonly label: string; readonly points: Points }[],
): string {
  const rows = runs.flatMap(({ folder, label, points: { steps, seconds, values } }) =>
    Array.from(steps, (step, i) => {
      const value = values[i] as number
      return [folder, label, step, seconds[i], Number.isFinite(value) ? value : '']
    }),
  )
  return tableOf([['run', 'name', 'step', 'seconds', figure.replace(/^metrics\./, '')], ...rows])
}
