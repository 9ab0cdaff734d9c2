/** Samples behind a part of a picture of them all, such as a cell of the confusion matrix: as pictures or as rows, page by page. */
import {
  type CSSProperties,
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from 'react'
import type { BridgeClient } from '../../client.ts'
import { cellText, figures } from '../format.ts'
import { useEscape } from '../hooks.ts'
import { NUMBERS, type SaidOfSamples } from '../look.ts'
import type { Task } from '../task.ts'
import { type PictureShape, pixelsOf, rangeOf } from './picture.ts'
import { type Sample, type SampleRow, SampleStore } from './sample-store.ts'
import './samples.css'

/** The most samples of a page, as pictures and as rows. */
const PICTURES = 24
const ROWS = 10
/** The most numbers of a row. */
const NUMBERS_OF_ROW = 64

interface Props {
  readonly client: BridgeClient
  readonly task: Task
  readonly samples: SaidOfSamples
  readonly picture: PictureShape | undefined
  readonly behind: Behind
  readonly onClose: () => void
}

/** Which samples, and what is said of them. */
export interface Behind {
  /** For screen readers, and of the way back. */
  readonly label: string
  readonly back: string
  readonly headline: (count: number) => ReactNode
  /** The order instead of that of the data. */
  readonly order: string
  readonly places: (isOrdered: boolean) => readonly number[]
  /** What the last figure of a sample is. */
  readonly figure: 'probability' | 'error'
  readonly describe: (place: number) => Said
}

/** What is true of a sample and what is predicted. */
interface Said {
  readonly actual: string
  readonly predicted: string
  readonly figure: string
}

interface Shown extends Said {
  readonly place: number
  readonly sample: Sample
  readonly row: SampleRow
}

export function Samples({ client, task, samples, picture, behind, onClose }: Props) {
  const [isWorstFirst, setWorstFirst] = useState(true)
  const [page, setPage] = useState(0)
  const close = useRef<HTMLButtonElement>(null)
  useEffect(() => close.current?.focus({ preventScroll: true }), [])
  useEscape(onClose, true)

  const places = behind.places(isWorstFirst)
  const most = Math.max(1, Math.min(picture ? PICTURES : ROWS, Math.floor(NUMBERS / task.sampleSize)))
  const start = Math.min(page, Math.max(0, Math.ceil(places.length / most) - 1)) * most
  const shown = places.slice(start, start + most)
  const { store, problem } = useSamples(client, samples, task.inputs, shown, !picture)
  const known = shown.flatMap((place): Shown[] => {
    const sample = store.get(place)
    return sample ? [{ place, sample, row: store.rowOf(place), ...behind.describe(place) }] : []
  })
  return (
    <section className="samples" aria-label={behind.label}>
      <div className="samples-head">
        <button ref={close} type="button" onClick={onClose} aria-label={behind.back}>
          ‹
        </button>
        <p className="told">{behind.headline(places.length)}</p>
        <label>
          <input
            type="checkbox"
            checked={isWorstFirst}
            onChange={({ target }) => setWorstFirst(target.checked)}
          />{' '}
          {behind.order}
        </label>
        {places.length > most && (
          <Pager start={start} most={most} count={places.length} onPage={at => setPage(at)} />
        )}
      </div>
      {problem !== undefined && <p className="refused">{problem}</p>}
      {known.length > 0 &&
        (picture ? (
          <Pictures all={known} input={task.input} shape={picture} figure={behind.figure} />
        ) : (
          <Rows
            all={known}
            inputs={task.inputs}
            names={samples.names}
            tables={store.names}
            figure={behind.figure}
          />
        ))}
    </section>
  )
}

/** Keeps the samples that are shown, and requests those that are missing. */
function useSamples(
  client: BridgeClient,
  { source }: SaidOfSamples,
  inputs: readonly string[],
  shown: readonly number[],
  hasRows: boolean,
) {
  const store = useMemo(
    () => new SampleStore(client, source, inputs, hasRows),
    [client, source, inputs, hasRows],
  )
  const [, redraw] = useReducer((count: number) => count + 1, 0)
  const [problem, setProblem] = useState<string>()
  const wanted = shown.join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the list
  useEffect(() => {
    let isOld = false
    store.fetch(shown).then(
      () => {
        if (isOld) return
        setProblem(undefined)
        redraw()
      },
      (error: Error) => !isOld && setProblem(error.message),
    )
    return () => {
      isOld = true
    }
  }, [store, wanted])
  return { store, problem }
}

interface PagerProps {
  readonly start: number
  readonly most: number
  readonly count: number
  readonly onPage: (page: number) => void
}

function Pager({ start, most, count, onPage }: PagerProps) {
  const page = Math.floor(start / most)
  const end = Math.min(start + most, count)
  return (
    <div className="pager">
      <button
        type="button"
        disabled={start === 0}
        onClick={() => onPage(page - 1)}
        aria-label="Previous samples"
      >
        ◂
      </button>
      <span>
        {start + 1} to {end} of {count}
      </span>
      <button
        type="button"
        disabled={end === count}
        onClick={() => onPage(page + 1)}
        aria-label="Next samples"
      >
        ▸
      </button>
    </div>
  )
}

interface PicturesProps {
  readonly all: readonly Shown[]
  readonly input: string
  readonly shape: PictureShape
  readonly figure: Behind['figure']
}

function Pictures({ all, input, shape, figure: kind }: PicturesProps) {
  const range = rangeOf(all.flatMap(({ sample }) => (sample[input] ? [sample[input]] : [])))
  return (
    <ol className="sample-pictures" style={{ '--count': all.length } as CSSProperties}>
      {all.map(({ place, sample, actual, predicted, figure }) => (
        <li key={place}>
          <Picture
            label={`Sample ${place}: true ${actual}, predicted ${predicted}${kind === 'error' ? ', error' : ' with'} ${figure}`}
            sample={sample[input]}
            shape={shape}
            range={range}
          />
          <span aria-hidden="true">
            {actual} → {predicted}
            <br />
            {figure}
          </span>
        </li>
      ))}
    </ol>
  )
}

interface PictureProps {
  readonly label: string
  readonly sample: readonly number[] | undefined
  readonly shape: PictureShape
  readonly range: readonly [number, number]
}

export function Picture({ label, sample, shape, range: [least, most] }: PictureProps) {
  const { width, height } = shape
  const draw = useCallback(
    (canvas: HTMLCanvasElement | null) => {
      if (!canvas || !sample) return
      const pixels = pixelsOf(sample, shape, [least, most])
      canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0)
    },
    [sample, shape, width, height, least, most],
  )
  if (!sample) return <small>too large to send</small>
  return <canvas ref={draw} width={width} height={height} role="img" aria-label={label} />
}

interface RowsProps {
  readonly all: readonly Shown[]
  readonly inputs: readonly string[]
  readonly names: SaidOfSamples['names']
  /** The columns of the table that an input comes from. */
  readonly tables: SampleStore['names']
  readonly figure: Behind['figure']
}

function Rows({ all, inputs, names, tables, figure: kind }: RowsProps) {
  const columns = inputs.flatMap(input => {
    const table = tables[input]?.map((title, i) => ({ input, i, title }))
    if (table) return table
    const count = all[0]?.sample[input]?.length ?? 0
    return Array.from({ length: count }, (_, i) => ({
      input,
      i,
      title: names[input]?.[i] ?? (count === 1 ? input : `${input} ${i}`),
    }))
  })
  const shown = columns.slice(0, NUMBERS_OF_ROW)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it can scroll, so keyboards must reach it
    <section className="sample-rows" tabIndex={0} aria-label="Rows of the samples">
      <table>
        <thead>
          <tr>
            <th scope="col">sample</th>
            <th scope="col">true</th>
            <th scope="col">predicted</th>
            <th scope="col">{kind}</th>
            {shown.map(({ input, i, title }) => (
              <th scope="col" key={`${input} ${i}`}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {all.map(({ place, sample, row, actual, predicted, figure }) => (
            <tr key={place}>
              <th scope="row">{place}</th>
              <td>{actual}</td>
              <td>{predicted}</td>
              <td>{figure}</td>
              {shown.map(({ input, i }) => (
                <td key={`${input} ${i}`}>
                  {tables[input] ? cellText(row[input]?.[i]) : figures(sample[input]?.[i])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {columns.length > shown.length && (
        <small>
          The first {shown.length} of {columns.length} columns.
        </small>
      )}
      {columns.length === 0 && <small>A sample of more than {NUMBERS} numbers is not sent.</small>}
    </section>
  )
}
