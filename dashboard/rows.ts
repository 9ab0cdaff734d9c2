/** Breaks long graphs into several rows, like text. */
import type { Point } from './point.ts'

/** An object in a row: a node, or a point that an edge passes. */
interface Place extends Point {
  readonly height: number
}

export interface Rows {
  /** The row of a column, by its x. */
  readonly rowOf: (x: number) => number
  /** The offset of each row. */
  readonly shifts: readonly Point[]
  /** The top of each row. */
  readonly tops: readonly number[]
}

export const ONE_ROW: Rows = { rowOf: () => 0, shifts: [{ x: 0, y: 0 }], tops: [0] }

/** The most rows to try. */
const MOST = 80
/** How much larger several rows have to make nodes than one does: where it is less, edges are easier to follow in one. */
const WORTH = 1.4

interface RowSizes {
  readonly column: number
  readonly gap: number
  readonly turn: number
  readonly enough: number
}

/**
 * One row, or the number of rows that makes nodes largest on a page of that shape, if that is much larger. `column` is the width of a
 * column, `gap` the distance between rows, and `turn` the space of an edge beside a row that it leaves. Nodes need be no larger than
 * `enough`, in pages high.
 */
export function rowsFor(
  places: readonly Place[],
  shape: number,
  { column, gap, turn, enough }: RowSizes,
): Rows {
  const columns = [...new Set(places.map(({ x }) => x))].sort((a, b) => a - b)
  const columnOf = new Map(columns.map((x, i) => [x, i]))
  let best: (Rows & { readonly size: number }) | undefined
  let single: typeof best
  for (let count = 1; count <= Math.min(columns.length, MOST); count++) {
    const perRow = Math.ceil(columns.length / count)
    const rowOf = (x: number) => Math.floor((columnOf.get(x) as number) / perRow)
    const rows = Array.from({ length: Math.ceil(columns.length / perRow) }, (_, row) => {
      const own = columns.slice(row * perRow, (row + 1) * perRow)
      return {
        start: own[0] as number,
        end: (own.at(-1) as number) + column,
        top: Infinity,
        bottom: -Infinity,
      }
    })
    for (const { x, y, height } of places) {
      const row = rows[rowOf(x)] as (typeof rows)[number]
      row.top = Math.min(row.top, y)
      row.bottom = Math.max(row.bottom, y + height)
    }
    // Each row is as high as its content.
    const tops = [0]
    for (const { top, bottom } of rows) tops.push((tops.at(-1) as number) + bottom - top + gap)
    const shifts = rows.map(({ start, top }, row) => ({ x: -start, y: (tops[row] as number) - top }))
    const width = Math.max(...rows.map(({ start, end }) => end - start)) + 2 * turn
    const size = Math.min(shape / width, 1 / ((tops.at(-1) as number) - gap), enough)
    if (!best || size > best.size) best = { rowOf, shifts, tops, size }
    single ??= best
  }
  return best && single && best.size < WORTH * single.size ? single : (best ?? ONE_ROW)
}
