/** The rows of a table of embeddings as points, with their names: those that the network treats alike are near each other. */
import {
  type FormEvent,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from 'react'
import type { BridgeClient, Query, Tensor } from '../../client.ts'
import { useInAddress } from '../address.ts'
import { count, share } from '../format.ts'
import { useSize } from '../hooks.ts'
import { Icon } from '../icon.tsx'
import { finiteRows, type Neighbour, neighboursOf, placesCalled } from './neighbours.ts'
import { alignedWith } from './principal.ts'
import { MethodChoice, SEED, useMethod } from './projection.tsx'
import type { Job, Progress } from './projection.worker.ts'
import { Projector } from './projector.ts'
import { besides, nearestTo, placesIn } from './scatter.ts'
import { shownOf, type Table } from './tables.ts'
import { drawWords, visible } from './words.ts'
import './projection.css'
import './embeddings.css'

/** How often a second the rows are requested, and how many neighbours are listed. */
const RATE = 0.5
const NEIGHBOURS = 10

interface Props {
  readonly client: BridgeClient
  readonly tables: readonly Table[]
  readonly isDark: boolean
}

/** One of the tables. */
export function Embeddings({ client, tables, isDark }: Props) {
  const [wanted, setTable] = useInAddress('table')
  const nameOf = ({ node, parameter }: Table) => `${node} ${parameter}`
  const table = tables.find(each => nameOf(each) === wanted) ?? (tables[0] as Table)
  const choice = (
    <select
      aria-label="Table of embeddings"
      value={nameOf(table)}
      onChange={({ target }) => setTable(target.value)}
    >
      {tables.map(each => (
        <option key={nameOf(each)} value={nameOf(each)}>
          {each.node}, {count(each.rows)} × {count(each.width)}
        </option>
      ))}
    </select>
  )
  const [row, setRow] = useInAddress('row')
  const chosen = /^\d+$/.test(row) && Number(row) < shownOf(table) ? Number(row) : undefined
  return (
    <RowsAsPoints
      key={nameOf(table)}
      client={client}
      table={table}
      isDark={isDark}
      choice={choice}
      chosen={chosen}
      onChoose={place => setRow(place === undefined ? '' : String(place))}
    />
  )
}

interface RowsProps {
  readonly client: BridgeClient
  readonly table: Table
  readonly isDark: boolean
  /** What else stands in its head. */
  readonly choice?: ReactNode
  /** The place of the row whose neighbours are shown. */
  readonly chosen: number | undefined
  readonly onChoose: (place: number | undefined) => void
}

/** The rows of a parameter, their names, and the neighbours of the one that is chosen. */
export function RowsAsPoints({ client, table, isDark, choice, chosen, onChoose: choose }: RowsProps) {
  const [method, setMethod] = useMethod()
  const shown = shownOf(table)
  const { told, problem } = useRows(client, table, shown)
  const known = useNames(client, table, shown)
  const names = useMemo(
    () => Array.from({ length: shown }, (_, i) => known?.[i] ?? String(i)),
    [known, shown],
  )
  const [wish, again] = useReducer((times: number) => times + 1, 0)
  const progress = useProjectedRows(told, table.width, method, wish)
  const [text, setText] = useState('')
  const found = useMemo(() => placesCalled(names, text), [names, text])
  const near = useMemo(
    () => (told && chosen !== undefined ? neighboursOf(told.data, table.width, chosen, NEIGHBOURS) : []),
    [told, chosen, table.width],
  )
  const search = (event: FormEvent) => {
    event.preventDefault()
    if (found.length > 0) choose(found[(found.indexOf(chosen ?? -1) + 1) % found.length])
  }
  const points = progress?.points
  const { canvas, pointed, listeners } = usePointed(points, choose)
  const { width, height } = useSize(canvas)
  // biome-ignore lint/correctness/useExhaustiveDependencies: redraw for new colours and sizes
  useEffect(() => {
    if (canvas.current && points)
      drawWords(canvas.current, {
        points,
        names,
        chosen,
        near: near.map(({ place }) => place),
        pointed,
        found,
      })
  }, [points, names, chosen, near, pointed, found, isDark, width, height])
  const whole =
    shown < table.rows ? `the first ${count(shown)} of ${count(table.rows)} rows` : `${count(shown)} rows`
  return (
    <div className="projection embeddings">
      <div className="projection-head">
        {choice}
        <MethodChoice chosen={method} onChoose={setMethod} />
        <search>
          <form onSubmit={search}>
            <input
              type="search"
              placeholder="Search …"
              aria-label={known ? 'Search the names of the rows' : 'Search the numbers of the rows'}
              value={text}
              onChange={({ target }) => setText(target.value)}
            />
          </form>
        </search>
      </div>
      {problem !== undefined && <p className="refused">{problem}</p>}
      <div className="embedded">
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label={`${method} of ${table.node} ${table.parameter}, ${whole}; arrow keys go from point to point, Enter shows the neighbours of one`}
          {...listeners}
        />
        {chosen !== undefined && (
          <Neighbours name={visible(names[chosen] as string)} near={near} names={names} onChoose={choose} />
        )}
      </div>
      <div className="projection-foot">
        <span>
          {pointed === undefined
            ? factsOf(progress, whole, method)
            : `row ${pointed}: ${visible(names[pointed] as string)}`}
        </span>
        <output>
          {text !== '' &&
            (found.length > 0 ? `${count(found.length)} found` : `“${text}” is not in ${whole}`)}
        </output>
        {method === 'UMAP' && progress?.done === 1 && (
          <button type="button" onClick={again}>
            Project again
          </button>
        )}
        {progress && progress.left > 0 && (
          <span className="refused">{count(progress.left)} are left out, since a number is not finite</span>
        )}
      </div>
    </div>
  )
}

interface NeighboursProps {
  readonly name: string
  readonly near: readonly Neighbour[]
  readonly names: readonly string[]
  readonly onChoose: (place: number | undefined) => void
}

function Neighbours({ name, near, names, onChoose }: NeighboursProps) {
  return (
    <section className="neighbours" aria-label={`Nearest to ${name}`}>
      <p>
        <span>
          nearest to <b>{name}</b>, by cosine
        </span>
        <button type="button" onClick={() => onChoose(undefined)} aria-label="Close the neighbours">
          <Icon name="close" />
        </button>
      </p>
      {near.length === 0 && <p>A row of zeros has no direction.</p>}
      <ol>
        {near.map(({ place, cosine }) => (
          <li key={place}>
            <button type="button" onClick={() => onChoose(place)}>
              <span>{visible(names[place] as string)}</span>
              <span>{cosine.toFixed(3)}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** Which point the pointer, or the arrow keys, are at; a click or Enter chooses it. */
function usePointed(points: Float64Array | undefined, onChoose: (place: number | undefined) => void) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [pointed, setPointed] = useState<number>()
  const at = ({ currentTarget, nativeEvent: { offsetX, offsetY } }: PointerEvent<HTMLCanvasElement>) => {
    const { clientWidth, clientHeight } = currentTarget
    return points && nearestTo(placesIn(points, clientWidth, clientHeight), offsetX, offsetY)
  }
  const press = (event: KeyboardEvent) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key] as 1 | -1 | undefined
    if (event.key === 'Enter' && pointed !== undefined) onChoose(pointed)
    if (way === undefined || !points) return
    event.preventDefault()
    setPointed(besides(points, pointed, way))
  }
  const listeners = {
    onPointerMove: (event: PointerEvent<HTMLCanvasElement>) => setPointed(at(event)),
    onPointerLeave: () => setPointed(undefined),
    onPointerUp: (event: PointerEvent<HTMLCanvasElement>) => onChoose(at(event)),
    onKeyDown: press,
    onBlur: () => setPointed(undefined),
  }
  return { canvas, pointed, listeners }
}

const factsOf = (progress: Progress | undefined, whole: string, method: Job['method']): string => {
  if (!progress) return 'Loading …'
  if (progress.done < 1) return `${method} of ${whole}: ${share(progress.done)}`
  const kept = progress.shares && `, ${share(progress.shares[0] + progress.shares[1])} of the variance`
  return `${whole}${kept ?? ''}`
}

/** The rows as they are now. */
function useRows(client: BridgeClient, { node, parameter }: Table, rows: number) {
  const [told, setTold] = useState<Tensor>()
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    const query = { node, of: 'value', parameter, what: 'full', rows, rate: RATE } as Query & { what: 'full' }
    const watch = client.watch(query).subscribe({
      next: ({ tensor }) => setTold(tensor),
      error: (error: Error) => setProblem(error.message),
    })
    return () => watch.unsubscribe()
  }, [client, node, parameter, rows])
  return { told, problem }
}

/** What the rows are called; undefined until that is known, or if the run knows no names. */
function useNames(client: BridgeClient, { node, parameter }: Table, rows: number) {
  const [names, setNames] = useState<readonly string[]>()
  useEffect(() => {
    let isOld = false
    client.names({ node, parameter, count: rows }).then(
      known => !isOld && known && setNames(known),
      () => undefined,
    )
    return () => {
      isOld = true
    }
  }, [client, node, parameter, rows])
  return names
}

/** Rows on a plane: again for each state of them (PCA), or when asked (UMAP). Those that are not finite have no place. */
function useProjectedRows(told: Tensor | undefined, width: number, method: Job['method'], wish: number) {
  const [progress, setProgress] = useState<Progress & { readonly left: number }>()
  const start = useRef<(rows: Tensor) => void>(undefined)
  const begun = useRef(-1)
  useEffect(() => {
    let before: Float64Array | undefined
    let [present, next] = [undefined, undefined] as (Tensor | undefined)[]
    let kept: readonly number[] = []
    const begin = (rows: Tensor) => {
      present = rows
      kept = finiteRows(rows.data, width)
      const chosen = new Float64Array(kept.length * width)
      kept.forEach((place, i) => {
        chosen.set(rows.data.subarray(place * width, (place + 1) * width), i * width)
      })
      own.start({ method, rows: chosen, count: kept.length, width, seed: SEED })
    }
    const own = new Projector(({ points, ...more }) => {
      // What was to the left stays there.
      before = method === 'PCA' ? alignedWith(points, before) : points
      const count = (present?.size ?? 0) / width
      const all = new Float64Array(2 * count).fill(Number.NaN)
      kept.forEach((place, i) => {
        all.set((before as Float64Array).subarray(2 * i, 2 * i + 2), 2 * place)
      })
      setProgress({ ...more, points: all, left: count - kept.length })
      if (more.done < 1) return
      present = undefined
      if (next) begin(next)
      next = undefined
    })
    // A projection that takes longer than the next rows are away is completed before them.
    start.current = rows => {
      if (present && method === 'PCA') next = rows
      else begin(rows)
    }
    begun.current = -1
    setProgress(undefined)
    return () => own.close()
  }, [method, width])
  useEffect(() => {
    if (!told || (method === 'UMAP' && begun.current === wish)) return
    begun.current = wish
    start.current?.(told)
  }, [told, method, wish])
  return progress
}
