/** `lossCurve`: the course of the loss, drawn with characters. */
import plot from 'simple-ascii-chart'
import { CheckFailed, check, checkedAt } from '../../core/index.ts'
import type { EpochRecord } from '../training/run-state.ts'
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

type Point = [epoch: number, value: number]

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
  const { ticks, step } = yTicks([...loss, ...validation].map(([, value]) => value))
  const label = yLabel(step)
  const labelWidth = Math.max(...ticks.map(tick => label(tick).length))
  const columns = Math.max(10, width - labelWidth - 2)
  const chart = plot(drawn(loss, columns), {
    width: columns,
    height,
    // Slightly more than the ticks, so that rounding cannot exclude a value.
    yRange: [(ticks[0] as number) - step / 1e6, (ticks.at(-1) as number) + step / 1e6],
    customYAxisTicks: ticks,
    customXAxisTicks: xTicks(loss[0]?.[0] as number, loss.at(-1)?.[0] as number),
    formatter: (value, { axis }) => (axis === 'x' ? String(Math.round(value)) : label(value)),
    xLabel: 'epoch',
    legend: {
      position: 'top',
      series: ['loss'],
      ...(validation.length > 0 && { points: ['validation loss'] }),
    },
    points: validation.map(([x, value]) => ({ x, y: value, ...(color && { color: 'ansiYellow' as const }) })),
    symbols: { point: '•', chart: { area: '━' } },
    ...(color && { color: 'ansiCyan' as const }),
  })
  return chart
    .split('\n')
    .map(line => line.trimEnd())
    .filter(line => line !== '')
    .join('\n')
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

/** A point for each column, on straight lines between the epochs. */
function drawn(points: readonly Point[], columns: number): Point[] {
  const [first, last] = [points[0] as Point, points.at(-1) as Point]
  let next = 1
  return Array.from({ length: columns }, (_, column) => {
    const along = column / (columns - 1)
    const x = first[0] * (1 - along) + last[0] * along
    while (next < points.length - 1 && (points[next] as Point)[0] < x) next++
    const [left, right] = [points[next - 1] as Point, points[next] ?? last]
    const share = right[0] > left[0] ? (x - left[0]) / (right[0] - left[0]) : 0
    return [x, left[1] + (right[1] - left[1]) * share]
  })
}

/** Round numbers around the values, from 0 if that is near. */
function yTicks(values: readonly number[]): { ticks: number[]; step: number } {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)]
  const bottom = lowest >= 0 && lowest <= highest / 2 ? 0 : lowest
  const step = roundStep((highest - bottom) / 4 || Math.abs(highest) / 4 || 1)
  const first = Math.floor(bottom / step)
  const count = Math.max(1, Math.ceil(highest / step - first - 1e-9))
  return { ticks: Array.from({ length: count + 1 }, (_, i) => (first + i) * step), step }
}

/** Writes numbers with enough digits to distinguish the ticks. */
function yLabel(step: number): (value: number) => string {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  if (decimals <= 4) return value => value.toFixed(decimals)
  return value => (value === 0 ? '0' : value.toExponential(1))
}

/** The first and last epoch, with round numbers between. */
function xTicks(first: number, last: number): number[] {
  const step = Math.max(1, roundStep((last - first) / 6))
  const between = Array.from({ length: Math.ceil(last / step) }, (_, i) => i * step)
  return [first, ...between.filter(tick => tick > first + step / 2 && tick < last - step / 2), last]
}

/** The next of 1, 2, 5, 10, 20, 50, ... and of their fractions. */
function roundStep(least: number): number {
  if (!(least > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(least))
  return power * ([1, 2, 5].find(factor => factor * power >= least * (1 - 1e-9)) ?? 10)
}
