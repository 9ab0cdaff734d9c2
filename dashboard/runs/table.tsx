/** The table of runs. Of many rows, those that can be seen are there. */
import { type KeyboardEvent, memo, useRef } from 'react'
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import { useMedia } from '../hooks.ts'
import { variableOf } from './colours.ts'
import type { Column } from './columns.ts'
import { type Order, orderOf, turned } from './order.ts'
import { useWindowed } from './windowed.ts'

/** The height of a row in pixels, as in the style sheet. */
const ROW = 32

interface Props {
  readonly runs: readonly RunRow[]
  readonly columns: readonly Column[]
  readonly order: Order
  readonly colours: ReadonlyMap<string, string>
  readonly selected: ReadonlySet<string>
  /** The run whose notes are open. */
  readonly opened: string | undefined
  /** The run with the best value, by column. */
  readonly best: ReadonlyMap<string, string>
  readonly onOrder: (order: Order) => void
  readonly onSelect: (folder: string, isSelected: boolean) => void
  readonly onOpen: (folder: string) => void
}

export const Table = memo((props: Props) => {
  const { runs, columns, order } = props
  const box = useRef<HTMLDivElement>(null)
  const { first, end } = useWindowed(box, runs.length, ROW)
  const { id, isFalling } = orderOf(order)
  const isNarrow = useMedia('(max-width: 700px)')
  const widths = columns.map(column => (isNarrow && column.id === 'name' ? NARROW : widthOf(column)))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable areas must be reachable by keyboard
    <section className="runs-box" ref={box} tabIndex={0} aria-label="Rows">
      <table className="runs" aria-rowcount={runs.length + 1} style={{ width: sum(widths) }}>
        <colgroup>
          {columns.map((column, i) => (
            <col key={column.id} style={{ width: widths[i] }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(column => (
              <th
                key={column.id}
                scope="col"
                className={column.isNumber ? 'number' : ''}
                aria-sort={column.id !== id ? 'none' : isFalling ? 'descending' : 'ascending'}
              >
                <button
                  type="button"
                  title={titleOf(column)}
                  onClick={() => props.onOrder(turned(order, column))}
                >
                  <small>{LABELS[column.group] ?? ''}</small>
                  <span>
                    {column.title}
                    {column.id === id && <i aria-hidden="true">{isFalling ? ' ↓' : ' ↑'}</i>}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={moveFocus}>
          {first > 0 && <tr className="space" style={{ height: first * ROW }} />}
          {runs.slice(first, end).map((row, i) => (
            <Row key={row.folder} row={row} at={first + i} {...props} />
          ))}
          {end < runs.length && <tr className="space" style={{ height: (runs.length - end) * ROW }} />}
        </tbody>
      </table>
    </section>
  )
})

/** Above the title of a column. */
const LABELS: Partial<Record<Column['group'], string>> = { Best: 'best', Last: 'last' }

const titleOf = ({ id, group, title }: Column) =>
  `${group === 'Run' ? title : id}: click to sort. In the search: ${id}${group === 'Run' ? ':' : '<'}…`

/** In pixels, so that nothing moves when other rows are seen. */
const WIDTHS: Readonly<Record<string, number>> = {
  name: 240,
  status: 104,
  tags: 170,
  notes: 240,
  folder: 190,
  began: 140,
  took: 112,
  epochs: 80,
  author: 110,
}

/** That of the name on a phone. */
const NARROW = 150

/** As wide as its title, or as its longest usual figure. */
const widthOf = ({ id, title, isNumber }: Column) =>
  WIDTHS[id] ?? Math.max(isNumber ? 92 : 110, 8.4 * title.length + 24)

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

function Row({
  row,
  at,
  columns,
  colours,
  selected,
  opened,
  best,
  onSelect,
  onOpen,
}: Props & { readonly row: RunRow; readonly at: number }) {
  const { folder, name } = row
  const isSelected = selected.has(folder)
  const names = [isSelected && 'selected', opened === folder && 'opened'].filter(Boolean)
  return (
    <tr aria-rowindex={at + 2} className={names.join(' ')}>
      {columns.map(column => {
        const text = column.text(row)
        if (column.id === 'name')
          return (
            <th key="name" scope="row">
              <div>
                <input
                  type="checkbox"
                  className="run-colour"
                  aria-label={`Curve of ${name}`}
                  style={{ color: `var(${variableOf(colours.get(folder))})` }}
                  checked={isSelected}
                  onChange={({ target }) => onSelect(folder, target.checked)}
                />
                <button
                  type="button"
                  className="link"
                  title={`${name}: click for its settings, notes, tags and colour`}
                  onClick={() => onOpen(folder)}
                >
                  {name}
                </button>
              </div>
            </th>
          )
        if (column.id === 'status')
          return (
            <td key="status" title={row.reason ?? undefined}>
              <span className={`run-status ${row.status}`}>{row.status}</span>
            </td>
          )
        if (column.id === 'tags')
          return (
            <td key="tags" title={text}>
              {row.tags.map(tag => (
                <span key={tag} className="tag">
                  {tag}
                </span>
              ))}
            </td>
          )
        const isBest = best.get(column.id) === folder
        return (
          <td
            key={column.id}
            className={`${column.isNumber ? 'number' : ''} ${isBest ? 'best' : ''}`}
            title={isBest ? `${text}, the best` : text}
          >
            {text}
          </td>
        )
      })}
    </tr>
  )
}

/** The arrow keys move from row to row, to the same thing in it. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const way = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const { target } = event
  if (way === 0 || !(target instanceof HTMLElement)) return
  const row = target.closest('tr')
  const next = way > 0 ? row?.nextElementSibling : row?.previousElementSibling
  const other = next?.querySelector<HTMLElement>(target.matches('input') ? 'input' : 'button')
  if (!other) return
  event.preventDefault()
  other.focus({ preventScroll: true })
  // The head of the table must not cover it.
  const box = other.closest('.runs-box') as HTMLElement
  const top = (next as HTMLElement).offsetTop
  const head = box.querySelector('thead')?.clientHeight ?? 0
  if (top - head < box.scrollTop) box.scrollTop = top - head
  else if (top + ROW > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW - box.clientHeight
}
