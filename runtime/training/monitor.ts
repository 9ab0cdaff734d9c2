/** The figure of the epochs that something watches. */
import { CheckFailed, check, didYouMean, GradstreamError, listOf, show } from '../../core/index.ts'

/** @throws GradstreamError `UNKNOWN_NAME` */
export function demandFigure(place: string, monitor: string, figures: readonly string[]): void {
  check.text({ monitor })
  if (figures.includes(monitor)) return
  throw new GradstreamError('UNKNOWN_NAME', {
    place,
    expected: `a figure of the epochs: ${listOf(figures)}`,
    got: show(monitor),
    ...didYouMean(monitor, figures),
  })
}

/** Whether the figure should fall or rise: of a loss that is known, of others it is asked for. */
export function directionOf(monitor: string, mode: 'min' | 'max' | undefined): 'min' | 'max' {
  if (mode !== undefined) return check.oneOf({ mode }, ['min', 'max'])
  if (/loss$/i.test(monitor)) return 'min'
  throw new CheckFailed('mode to be "min" or "max"', `nothing, and "${monitor}" may be either`, {
    hint: "Write mode: 'max' for a figure that should rise, such as an accuracy.",
  })
}
