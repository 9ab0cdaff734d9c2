/** Series as a table for other programs (RFC 4180): all that the run has kept of them. */
import type { BridgeClient, SeriesPoints } from '../../client.ts'

/** A run keeps more points than it gives in one answer; so many parts of its steps are asked for. */
const PARTS = 8
const POINTS = 4000

export interface Kept {
  readonly name: string
  readonly points: SeriesPoints
}

/** Asks for a series in parts, one after the other. */
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
    // A stretch that reaches into the next part is told twice.
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
 * Each point that was kept, and where they stand for more than themselves, the mean of all up to a step and since the
 * mean before. Where a figure was not finite, a row says so.
 */
export function csvOf(series: readonly Kept[]): string {
  const rows = series.flatMap(({ name, points: { steps, values, gaps, means } }) => [
    ...steps.map((step, i) => [name, step, values[i], 'point', 1]),
    ...gaps.map(step => [name, step, '', 'not finite', 1]),
    ...means.steps.flatMap((step, i) =>
      (means.counts[i] as number) > 1 ? [[name, step, means.values[i], 'mean', means.counts[i]]] : [],
    ),
  ])
  const table = [['series', 'step', 'value', 'kind', 'count'], ...rows]
  return `${table.map(row => row.map(cell).join(',')).join('\r\n')}\r\n`
}

/** A spreadsheet would take a name that begins so for a formula, and run it. */
function cell(value: unknown): string {
  if (typeof value !== 'string') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
