/** A line, and perhaps dots, over whole numbers, drawn with characters. */
import plot from 'simple-ascii-chart'

export type Point = readonly [x: number, y: number]

interface Series {
  readonly label: string
  /** In the order of x; of a line at least one. */
  readonly points: readonly Point[]
}

interface ChartOptions {
  /** In characters. */
  readonly width: number
  readonly height: number
  readonly color: boolean
  readonly xLabel: string
  /** Drawn as dots over the line; none by default. */
  readonly dots?: Series
}

const NO_DOTS: Series = { label: '', points: [] }

export function lineChart(
  line: Series,
  { width, height, color, xLabel, dots = NO_DOTS }: ChartOptions,
): string {
  const { points } = line
  const { ticks, step } = yTicks([...points, ...dots.points].map(([, value]) => value))
  const label = yLabel(step)
  const labelWidth = Math.max(...ticks.map(tick => label(tick).length))
  const columns = Math.max(10, width - labelWidth - 2)
  const chart = plot(drawn(points, columns), {
    width: columns,
    height,
    // Slightly more than the ticks, so that rounding cannot exclude a value.
    yRange: [(ticks[0] as number) - step / 1e6, (ticks.at(-1) as number) + step / 1e6],
    customYAxisTicks: ticks,
    customXAxisTicks: xTicks(points[0]?.[0] as number, points.at(-1)?.[0] as number),
    formatter: (value, { axis }) => (axis === 'x' ? String(Math.round(value)) : label(value)),
    xLabel,
    legend: {
      position: 'top',
      series: [line.label],
      ...(dots.points.length > 0 && { points: [dots.label] }),
    },
    points: dots.points.map(([x, y]) => ({ x, y, ...(color && { color: 'ansiYellow' as const }) })),
    symbols: { point: '•', chart: { area: '━' } },
    ...(color && { color: 'ansiCyan' as const }),
  })
  return chart
    .split('\n')
    .map(text => text.trimEnd())
    .filter(text => text !== '')
    .join('\n')
}

/** A point for each column, on straight lines between those given. */
function drawn(points: readonly Point[], columns: number): [number, number][] {
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

/** The first and the last number, with round numbers between. */
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
