/** Hyper-parameters against a figure: each run is a line from axis to axis. A stretch of an axis leaves the runs that pass it. */
import { memo, type PointerEvent, useMemo, useRef, useState } from 'react'
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import { useInAddress } from '../address.ts'
import { Save } from '../charts/save.tsx'
import { saveCsv } from '../downloads.ts'
import { useMedia, useSize } from '../hooks.ts'
import { textOfList } from './address-list.ts'
import { variableOf } from './colours.ts'
import { type Column, columnOf, mainFigure } from './columns.ts'
import { type Axis, axisOf, variedColumns } from './parallel.ts'
import { cut, lineOf, meritOf, placesIn, textAt, titleOfAxis } from './parallel-lines.ts'
import { parallelCsv, parallelSvg } from './parallel-picture.ts'
import { partOf, type Search, withPart } from './search.ts'
import './parallel.css'

interface Props {
  /** What the runs are called together. */
  readonly title: string
  readonly runs: readonly RunRow[]
  /** Those that the search leaves. */
  readonly matching: readonly RunRow[]
  readonly columns: readonly Column[]
  readonly search: Search
  readonly selected: ReadonlySet<string>
  readonly colours: ReadonlyMap<string, string>
  readonly onSearch: (query: string) => void
  readonly onSelect: (folder: string, isSelected: boolean) => void
}

/** A shorter drag clears the axis. */
const LEAST = 0.015

export function ParallelView(props: Props) {
  const { runs, matching, columns, search, selected, colours, onSearch } = props
  const isDark = useMedia('(prefers-color-scheme: dark)')
  const [goalWanted, setGoal] = useInAddress('goal')
  const goals = columns.filter(({ group }) => group === 'Best' || group === 'Last')
  const goal = columnOf(goals, goalWanted) ?? columnOf(goals, `best.${mainFigure(runs)}`) ?? goals[0]
  const axes = useMemo(
    () =>
      [...variedColumns(columns, runs), ...(goal ? [goal] : [])].flatMap(
        column => axisOf(column, runs) ?? [],
      ),
    [columns, runs, goal],
  )
  const isNarrowed = axes.some(axis => axis.stretchOf(partOf(search, axis.column.id)))
  const clear = () => {
    // Every term of an axis is taken out of what is left of the search.
    const ids = new Set(axes.map(({ column }) => column.id))
    const kept = search.terms.filter(
      ({ column, sign, isNot }) =>
        isNot || !column || !ids.has(column.id) || !['<=', '>=', '='].includes(sign ?? ''),
    )
    onSearch(kept.map(({ text }) => text).join(' '))
  }
  const title = `${props.title}: hyper-parameters${goal ? ` against ${titleOfAxis(goal)}` : ''}`
  const picture = { title, axes, goal, runs, matching, selected, colours }
  return (
    <>
      <div className="panel-head">
        <label>
          against{' '}
          <select className="axis" value={goal?.id} onChange={({ target }) => setGoal(target.value)}>
            {goals.map(({ id, group, title }) => (
              <option key={id} value={id}>
                {`${group.toLowerCase()} ${title}`}
              </option>
            ))}
          </select>
        </label>
        <small>
          {axes.length < 2
            ? 'The hyper-parameters of all runs are alike.'
            : !isNarrowed && 'Drag along an axis to filter.'}
        </small>
        <span className="spacer" />
        {isNarrowed && (
          <button type="button" onClick={clear}>
            All runs
          </button>
        )}
        <Save
          drawing={{ title, svg: (style, size) => parallelSvg(picture, style, size) }}
          table={{
            words: 'A row for each of these runs, a column for each axis',
            isThere: axes.length > 0,
            save: async () => saveCsv(title, parallelCsv(picture)),
          }}
          isDark={isDark}
          pinned={{ runs: textOfList([...selected]), ...(goal && { goal: goal.id }) }}
        />
      </div>
      {axes.length > 0 && <Plot {...props} axes={axes} goal={goal} matching={matching} />}
    </>
  )
}

function Plot({
  axes,
  goal,
  runs,
  matching,
  selected,
  colours,
  search,
  onSearch,
  onSelect,
}: Props & { readonly axes: readonly Axis[]; readonly goal: Column | undefined }) {
  const box = useRef<HTMLDivElement>(null)
  const { width, height } = useSize(box)
  const [drag, setDrag] = useState<{ id: string; from: number; to: number }>()
  const places = placesIn(axes.length, { width, height })
  const { across, up, top, bottom } = places
  const placeAt = ({ clientY, currentTarget }: PointerEvent<SVGElement>) => {
    const box = (currentTarget.ownerSVGElement ?? currentTarget).getBoundingClientRect()
    return (bottom - (clientY - box.top)) / Math.max(bottom - top, 1)
  }
  const release = (axis: Axis) => {
    if (!drag || drag.id !== axis.column.id) return
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)]
    setDrag(undefined)
    onSearch(withPart(search, axis.column.id, to - from < LEAST ? {} : axis.partOf(from, to)))
  }
  return (
    <div className="parallel" ref={box}>
      {width > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`${matching.length} of ${runs.length} runs over ${axes.map(({ column }) => column.title).join(', ')}`}
        >
          <Lines
            axes={axes}
            goal={goal}
            runs={runs}
            matching={matching}
            selected={selected}
            colours={colours}
            width={width}
            height={height}
            onSelect={onSelect}
          />
          {axes.map((axis, i) => {
            const { column, marks } = axis
            const stretch =
              drag?.id === column.id
                ? ([Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)] as const)
                : axis.stretchOf(partOf(search, column.id))
            const x = across(i)
            const texts = textAt(i, axes.length, places)
            return (
              <g key={column.id}>
                <path className="axis-line" d={`M${x} ${top}V${bottom}`} />
                <text className="axis-title" x={x} y={14} textAnchor={texts.title.anchor} dx={texts.title.by}>
                  <title>{column.id}</title>
                  {cut(titleOfAxis(column), texts.title.longest)}
                </text>
                {marks.map(({ text, place }) => (
                  <text
                    key={text}
                    className="axis-mark"
                    x={x + texts.mark.by}
                    y={up(place) + 4}
                    textAnchor={texts.mark.anchor}
                  >
                    {cut(text, texts.mark.longest)}
                  </text>
                ))}
                {stretch && (
                  <rect
                    className="stretch"
                    x={x - 6}
                    width={12}
                    y={up(stretch[1])}
                    height={Math.max(up(stretch[0]) - up(stretch[1]), 3)}
                    rx={3}
                  />
                )}
                <rect
                  className="axis-hit"
                  data-axis={column.id}
                  x={x - 14}
                  width={28}
                  y={top - 8}
                  height={Math.max(bottom - top + 16, 0)}
                  onPointerDown={event => {
                    event.currentTarget.setPointerCapture(event.pointerId)
                    const at = placeAt(event)
                    setDrag({ id: column.id, from: at, to: at })
                  }}
                  onPointerMove={event => {
                    if (drag?.id === column.id) setDrag({ ...drag, to: placeAt(event) })
                  }}
                  onPointerUp={() => release(axis)}
                  onPointerCancel={() => setDrag(undefined)}
                />
              </g>
            )
          })}
        </svg>
      )}
    </div>
  )
}

interface LinesProps extends Pick<Props, 'runs' | 'matching' | 'selected' | 'colours' | 'onSelect'> {
  readonly axes: readonly Axis[]
  readonly goal: Column | undefined
  readonly width: number
  readonly height: number
}

/** Drawn again only when the runs are others, and not while an axis is dragged. */
const Lines = memo(
  ({ axes, goal, runs, matching, selected, colours, width, height, onSelect }: LinesProps) => {
    const left = new Set(matching.map(({ folder }) => folder))
    const places = placesIn(axes.length, { width, height })
    const merit = (row: RunRow) => meritOf(row, goal, axes.at(-1))
    const kind = ({ folder }: RunRow) => (!left.has(folder) ? 0 : selected.has(folder) ? 2 : 1)
    const ordered = runs.toSorted((a, b) => kind(a) - kind(b) || merit(a) - merit(b))
    return (
      <g fill="none">
        {ordered.map(row => {
          const isSelected = selected.has(row.folder)
          const isLeft = left.has(row.folder)
          const share = Math.round(100 * merit(row))
          const stroke = isSelected
            ? `var(${variableOf(colours.get(row.folder))})`
            : `color-mix(in srgb, var(--ridge-new) ${share}%, var(--ridge-old))`
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the table selects runs by keyboard, too
            <path
              key={row.folder}
              d={lineOf(row, axes, places)}
              className={`run-line ${isLeft ? '' : 'out'} ${isSelected ? 'selected' : ''}`}
              style={isLeft ? { stroke } : {}}
              onClick={() => onSelect(row.folder, !isSelected)}
            >
              <title>{row.name}</title>
            </path>
          )
        })}
      </g>
    )
  },
)
