/** `lossCurve`: the course of the loss, drawn with characters. */
import { CheckFailed, check, checkedAt } from '../../core/index.ts'
import type { EpochRecord } from '../training/run-state.ts'
import { lineChart, type Point } from './line-chart.ts'
import { demandScreen, type Screen, wantsColor, widthOf } from './screen.ts'

export interface LossCurveOptions {
  /** The stream whose width and colors to use; `process.stdout` by default. */
  readonly stream?: Screen
  /** The width; by default that of the stream, at most 80. */
  readonly width?: number
  /** The number of lines; 12 by default. */
  readonly height?: number
  /** Whether to use colors; by default if the stream supports them. */
  readonly color?: boolean
}

/**
 * The loss of each epoch as a line, and any validation loss as dots.
 *
 * @throws GradstreamError `INVALID_OPTION`. Before the first epoch it returns a note
 * @example console.log(lossCurve((await trainer.run()).history))
 */
export function lossCurve(history: readonly EpochRecord[], options: LossCurveOptions = {}): string {
  const given = checkedAt('lossCurve', 'INVALID_OPTION', () => {
    const own = check.options(options, ['stream', 'width', 'height', 'color'])
    if (own.stream !== undefined) demandScreen(own.stream)
    return own
  })
  const { stream = process.stdout, height = 12 } = given
  const { width = Math.min(80, widthOf(stream)), color = wantsColor(stream) } = given
  checkedAt('lossCurve', 'INVALID_OPTION', () => {
    check.positiveInteger({ width })
    check.positiveInteger({ height })
    check.boolean({ color })
    for (const [name, length] of Object.entries({ width, height }))
      if (length > WIDEST) throw new CheckFailed(`${name} to be at most ${WIDEST}`, String(length))
    check.list({ history }, 'of epochs, such as trainer.state.history', isEpoch)
  })
  const loss = pointsOf(history, 'loss')
  const validation = pointsOf(history, 'validationLoss')
  if (loss.length === 0) return 'no epoch has finished yet'
  return lineChart(
    { label: 'loss', points: loss },
    { width, height, color, xLabel: 'epoch', dots: { label: 'validation loss', points: validation } },
  )
}

/** The largest width or height, in characters. */
const WIDEST = 1000

const isEpoch = ({ epoch, metrics }: EpochRecord) =>
  Number.isFinite(epoch) && Math.abs(epoch) < 2 ** 40 && typeof metrics === 'object' && metrics !== null

/** The finite values of a metric by epoch. */
function pointsOf(history: readonly EpochRecord[], name: string): Point[] {
  return history.flatMap(({ epoch, metrics }): Point[] => {
    const value = metrics[name]
    return value !== undefined && Number.isFinite(value) ? [[epoch, value]] : []
  })
}
