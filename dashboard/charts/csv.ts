/** Series as CSV (RFC 4180), with everything that the run has kept. */
import type { BridgeClient, SeriesPoints } from '../../client.ts'

/** The number of requests: a run keeps more points than fit in one answer. */
const PARTS = 8
const POINTS = 4000

export interface Kept {
  readonly name: string
  readonly points: SeriesPoints
}

/** Requests a series in parts, one after another. */
export async function allOf(
  client: BridgeClient,
  name: string,
  [first, last]: readonly [number, number],
): Promise<Kept> {
  const [steps, values, gaps] = [[] as number[], [] as number[], new Set<number>()]
  const means = new Map<number, { value: number; count: number }>()
  const size = Math.max(Math.ceil((last - first + 1) / PARTS), 1)
  for (let from = first; from <= last; from += size) {
    const part = await client.series(name, { from, to: Math.min(from + size - 1, last), points: POINTS })
    steps.push(...part.steps)
    values.push(...part.values)
    for (const gap of part.gaps) gaps.add(gap)
    // A stretch that spans two parts arrives twice.
    part.means.steps.forEach((step, i) => {
      means.set(step, { value: part.means.values[i] as number, count: part.means.counts[i] as number })
    })
  }
  const kept = [...means].sort(([a], [b]) => a - b)
  return {
    name,
    points: {
      steps,
      values,
      gaps: [...gaps],
      means: {
        steps: kept.map(([step]) => step),
        values: kept.map(([, { value }]) => value),
        counts: kept.map(([, { count }]) => count),
      },
    },
  }
}

/**
 * Each kept point, and where points were thinned, the mean of all points since the previous mean. A row marks
 * each non-finite figure.
 */
export function csvOf(series: readonly Kept[]): string {
  const rows = series.flatMap(({ name, points: { steps, values, gaps, means } }) => [
    ...steps.map((step, i) => [name, step, values[i], 'point', 1]),
    ...gaps.map(step => [name, step, '', 'not finite', 1]),
    ...means.steps.flatMap((step, i) =>
      (means.counts[i] as number) > 1 ? [[name, step, means.values[i], 'mean', means.counts[i]]] : [],
    ),
  ])
  return tableOf([['series', 'step', 'value', 'kind', 'count'], ...rows])
}

/** Rows of texts and numbers as CSV. */
export const tableOf = (rows: readonly (readonly unknown[])[]): string =>
  `${rows.map(row => row.map(cell).join(',')).join('\r\n')}\r\n`

/** A spreadsheet would run a name with such a first character as a formula. */
function cell(value: unknown): string {
  if (typeof value !== 'string') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
