/** Parallel coordinates as a picture and as a table. */
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import { tableOf } from '../charts/csv.ts'
import { escaped, estimated, headOf, legendOf, type Size, type Style, svgFile } from '../charts/svg.ts'
import { variableOf } from './colours.ts'
import type { Column } from './columns.ts'
import type { Axis } from './parallel.ts'
import { cut, lineOf, meritOf, placesIn, textAt, titleOfAxis } from './parallel-lines.ts'

export interface ParallelPicture {
  readonly title: string
  readonly axes: readonly Axis[]
  readonly goal: Column | undefined
  readonly runs: readonly RunRow[]
  /** Those that the search leaves. */
  readonly matching: readonly RunRow[]
  readonly selected: ReadonlySet<string>
  readonly colours: ReadonlyMap<string, string>
}

/** The selected runs have their colours, which a legend names; the others go from pale to strong by their merit. */
export function parallelSvg(
  { title, axes, goal, runs, matching, selected, colours }: ParallelPicture,
  { colour, measure = estimated }: Style,
  size: Size,
): string {
  const chosen = matching.filter(({ folder }) => selected.has(folder))
  const colourOf = ({ folder }: RunRow) => variableOf(colours.get(folder))
  const entries = chosen.map(row => ({ text: row.name, colour: colourOf(row) }))
  const legend = legendOf(entries, 54, size.width, { colour, measure })
  const places = placesIn(axes.length, size, entries.length > 0 ? legend.bottom - 2 : 40)
  const left = new Set(matching)
  const merit = (row: RunRow) => meritOf(row, goal, axes.at(-1))
  const line = (row: RunRow, look: string) => `<path d="${lineOf(row, axes, places)}" ${look}/>`
  const others = matching
    .filter(({ folder }) => !selected.has(folder))
    .toSorted((a, b) => merit(a) - merit(b))
    .map(row => {
      const stroke = mixed(colour('--ridge-old'), colour('--ridge-new'), merit(row))
      return line(row, `stroke="${stroke}" stroke-width="1.25" opacity="0.85"`)
    })
  const lines = [
    ...runs.filter(row => !left.has(row)).map(row => line(row, `stroke="${colour('--line')}" opacity="0.7"`)),
    ...others,
    ...chosen.map(row => line(row, `stroke="${colour(colourOf(row))}" stroke-width="2.5"`)),
  ]
  const halo = `stroke="${colour('--panel')}" stroke-width="3.5" paint-order="stroke"`
  const drawnAxes = axes.map(({ column, marks }, i) => {
    const { title, mark } = textAt(i, axes.length, places)
    const x = places.across(i)
    const texts = marks.map(
      ({ text, place }) =>
        `<text x="${(x + mark.by).toFixed(1)}" y="${(places.up(place) + 4).toFixed(1)}" text-anchor="${mark.anchor}" ${halo}>${escaped(cut(text, mark.longest))}</text>`,
    )
    return [
      `<path d="M${x.toFixed(1)} ${places.top}V${places.bottom}" stroke="${colour('--edge')}" stroke-width="1.25"/>`,
      `<text x="${(x + title.by).toFixed(1)}" y="${places.top - 20}" text-anchor="${title.anchor}" font-weight="600">${escaped(cut(titleOfAxis(column), title.longest))}</text>`,
      ...texts,
    ].join('\n')
  })
  return svgFile(
    size,
    colour,
  )(
    [
      headOf(title),
      legend.text,
      `<g fill="none" stroke-linejoin="round">\n${lines.join('\n')}\n</g>`,
      ...drawnAxes,
    ].join('\n'),
  )
}

/** A row for each run that the search leaves, and a column for each axis. */
export const parallelCsv = ({ axes, matching }: Pick<ParallelPicture, 'axes' | 'matching'>): string =>
  tableOf([
    ['run', 'name', ...axes.map(({ column }) => column.id)],
    ...matching.map(row => [row.folder, row.name, ...axes.map(({ column }) => column.of(row) ?? '')]),
  ])

/** Between two colours of the style sheet. */
function mixed(from: string, to: string, share: number): string {
  const parts = (colour: string) =>
    [1, 3, 5].map(place => Number.parseInt(colour.slice(place, place + 2), 16) || 0)
  const ends = parts(to)
  const middle = parts(from).map((part, i) => Math.round(part + share * ((ends[i] as number) - part)))
  return `#${middle.map(part => part.toString(16).padStart(2, '0')).join('')}`
}
