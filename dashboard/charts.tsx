/** The figures of the run over its steps. The run thins them by range, so a long run is as quick to look at as a short one. */
import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { BridgeClient, RunState, SeriesPoints } from '../client.ts'
import { saveCsv, savePng, saveSvg } from './downloads.ts'
import { figures, words } from './format.ts'
import { useInterval } from './hooks.ts'

/** How often the newest points are asked for, in milliseconds. */
const REFRESH = 1000

interface ChartKind {
  readonly title: string
  readonly series: (state: RunState) => readonly string[]
}

const KINDS: readonly ChartKind[] = [
  {
    title: 'Loss',
    series: ({ metrics }) => [
      'loss',
      ...Object.keys(metrics)
        .filter(isLoss)
        .map(name => `metrics.${name}`),
    ],
  },
  {
    title: 'Metrics',
    series: ({ metrics }) =>
      Object.keys(metrics)
        .filter(name => !isLoss(name))
        .map(name => `metrics.${name}`),
  },
  {
    title: 'Learning rate',
    series: ({ hyperparameters }) =>
      Object.entries(hyperparameters).flatMap(([node, config]) =>
        typeof config === 'object' && 'learningRate' in config ? [`${node}.learningRate`] : [],
      ),
  },
  { title: 'Throughput', series: () => ['throughput'] },
]

/** The loss of single batches stands beside that of the epoch so far. */
const labelOf = (name: string) => (name === 'loss' ? 'batch loss' : words(name.replace('metrics.', '')))

const isLoss = (name: string) => /loss$/i.test(name)

/** Colours that most colour-blind people tell apart (Okabe and Ito), as the style sheet defines them. */
const COLOURS = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6']

type Curves = readonly { readonly name: string; readonly points: SeriesPoints }[]

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly isDark: boolean
}

export function Charts({ client, state, isDark }: Props) {
  const [title, setTitle] = useState('Loss')
  const [range, setRange] = useState<readonly [number, number]>()
  const [smoothing, setSmoothing] = useState(0)
  const [isLog, setIsLog] = useState(false)
  const [byEpoch, setByEpoch] = useState(false)
  const [curves, setCurves] = useState<Curves>([])
  const host = useRef<HTMLDivElement>(null)
  const kinds = KINDS.filter(({ series }) => series(state).length > 0)
  const kind = kinds.find(candidate => candidate.title === title) ?? (kinds[0] as ChartKind)
  const names = kind.series(state)
  const wanted = `${names.join()} ${range?.join()}`
  const asked = useRef('')

  const refresh = async () => {
    const points = Math.min(Math.max(Math.round((host.current?.clientWidth ?? 600) * 1.5), 200), 3000)
    const given = range ? { from: Math.floor(range[0]), to: Math.ceil(range[1]) } : {}
    const all = await Promise.allSettled(names.map(name => client.series(name, { ...given, points })))
    if (asked.current !== wanted) return
    setCurves(
      all.flatMap((result, i) =>
        result.status === 'fulfilled' ? [{ name: names[i] as string, points: result.value }] : [],
      ),
    )
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew where other points are wanted
  useEffect(() => {
    asked.current = wanted
    void refresh()
  }, [wanted])
  // A run that rests has no newer points than those that were asked for once it rested.
  const lastStep = useRef(-1)
  useInterval(() => {
    if (state.step === lastStep.current && state.status !== 'running') return
    lastStep.current = state.status === 'running' ? -1 : state.step
    void refresh()
  }, REFRESH)

  const epochLength = byEpoch ? (state.stepsPerEpoch ?? 1) : 1
  const shown = useMemo(() => curves.map(curve => smoothed(curve, smoothing)), [curves, smoothing])
  return (
    <section className="panel charts" aria-label="Charts">
      <div className="panel-head">
        <h2 className="hidden">Charts</h2>
        <div className="tabs" role="tablist" aria-label="What is shown">
          {kinds.map(other => (
            <button
              key={other.title}
              type="button"
              role="tab"
              aria-selected={other === kind}
              onClick={() => setTitle(other.title)}
            >
              {other.title}
            </button>
          ))}
        </div>
      </div>
      <Plot
        host={host}
        curves={shown}
        isLog={isLog}
        isDark={isDark}
        epochLength={epochLength}
        label={`${kind.title} over ${byEpoch ? 'epochs' : 'steps'}`}
        onZoom={setRange}
      />
      <div className="panel-foot">
        <label>
          smooth
          <input
            type="range"
            min="0"
            max="0.99"
            step="0.01"
            value={smoothing}
            onChange={({ target }) => setSmoothing(target.valueAsNumber)}
          />
        </label>
        <label>
          <input type="checkbox" checked={isLog} onChange={({ target }) => setIsLog(target.checked)} /> log
        </label>
        <label>
          <input type="checkbox" checked={byEpoch} onChange={({ target }) => setByEpoch(target.checked)} /> by
          epoch
        </label>
        <button type="button" disabled={!range} onClick={() => setRange(undefined)}>
          Whole run
        </button>
        <span className="spacer" />
        <button type="button" onClick={() => savePng(host.current, kind.title)}>
          PNG
        </button>
        <button type="button" onClick={() => saveSvg(shown, kind.title, isLog)}>
          SVG
        </button>
        <button type="button" onClick={() => saveCsv(curves, kind.title)}>
          CSV
        </button>
      </div>
    </section>
  )
}

interface PlotProps {
  readonly host: React.RefObject<HTMLDivElement | null>
  readonly curves: Curves
  readonly isLog: boolean
  readonly isDark: boolean
  /** How many steps a unit of the x axis has. */
  readonly epochLength: number
  readonly label: string
  readonly onZoom: (range: readonly [number, number]) => void
}

function Plot({ host, curves, isLog, isDark, epochLength, label, onZoom }: PlotProps) {
  const plot = useRef<uPlot>(undefined)
  const zoom = useRef(onZoom)
  zoom.current = onZoom
  const names = curves.map(({ name }) => name).join('\n')

  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot is made anew where its series or scales are others
  useEffect(() => {
    const element = host.current as HTMLDivElement
    const style = getComputedStyle(document.documentElement)
    const colour = (name: string) => style.getPropertyValue(name).trim()
    const axis = {
      stroke: colour('--text'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
    }
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: element.clientHeight,
        legend: { live: true },
        cursor: { drag: { x: true, y: false, setScale: false } },
        scales: { x: { time: false }, y: { distr: isLog ? 3 : 1 } },
        axes: [
          axis,
          {
            ...axis,
            size: 62,
            values: (_, ticks) => ticks.map(tick => (tick === null ? '' : figures(tick))),
          },
        ],
        series: [
          { label: epochLength > 1 ? 'epoch' : 'step', value: (_, value) => figures(value) },
          ...curves.map(({ name }, i) => ({
            label: labelOf(name),
            stroke: colour(COLOURS[i % COLOURS.length] as string),
            width: name === 'loss' ? 1 : 2,
            spanGaps: true,
            points: { show: false },
            value: (own: uPlot, _: unknown, index: number, place: number | null) =>
              figures(place === null ? undefined : latest(own.data[index], place)),
          })),
        ],
        hooks: {
          // Where nobody points, the newest figures are told.
          setCursor: [own => own.cursor.idx == null && tellNewest(own)],
          setSelect: [
            ({ select, posToVal }) => {
              if (select.width < 5) return
              const ends = [select.left, select.left + select.width].map(x => posToVal(x, 'x') * epochLength)
              zoom.current(ends as unknown as readonly [number, number])
            },
          ],
        },
      },
      joined(curves, isLog, epochLength),
      element,
    )
    plot.current = made
    const observer = new ResizeObserver(() => resize(made, element))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
    }
  }, [names, isLog, isDark, epochLength])

  useEffect(() => {
    if (!plot.current || !host.current) return
    plot.current.setData(joined(curves, isLog, epochLength))
    tellNewest(plot.current)
    resize(plot.current, host.current)
  }, [curves, isLog, epochLength, host])

  const last = curves
    .map(({ name, points }) => `${labelOf(name)} ${figures(points.values.at(-1))}`)
    .join(', ')
  return <div className="plot" ref={host} role="img" aria-label={`${label}: ${last}`} />
}

/** Leaves room for the legend, which may have several lines. */
function resize(plot: uPlot, { clientWidth: width, clientHeight }: HTMLElement): void {
  const legend = plot.root.querySelector('.u-legend')?.clientHeight ?? 0
  const height = Math.max(clientHeight - legend, 120)
  if (width !== plot.width || height !== plot.height) plot.setSize({ width, height })
}

function tellNewest(plot: uPlot): void {
  const { length } = plot.data[0] ?? []
  if (length > 0 && plot.cursor.idx == null) plot.setLegend({ idx: length - 1 })
}

/** The last value up to a place: not every curve has one at every step. */
function latest(values: ArrayLike<number | null | undefined> | undefined, place: number): number | undefined {
  for (let i = place; i >= 0; i--) {
    const value = values?.[i]
    if (value !== null && value !== undefined) return value
  }
  return undefined
}

/** All curves over the steps of any of them. */
function joined(curves: Curves, isLog: boolean, epochLength: number): uPlot.AlignedData {
  const tables = curves.map(({ points }): uPlot.AlignedData => {
    // A logarithm is of what is above 0.
    const values = points.values.map(value => (isLog && value <= 0 ? null : value))
    return [points.steps.map(step => step / epochLength), values]
  })
  return tables.length === 0 ? [[]] : uPlot.join(tables)
}

/** An exponential moving average that is not drawn to 0 at its beginning. */
function smoothed({ name, points }: Curves[number], smoothing: number): Curves[number] {
  if (smoothing === 0) return { name, points }
  let [sum, weight] = [0, 0]
  const values = points.values.map(value => {
    sum = sum * smoothing + value
    weight = weight * smoothing + 1
    return sum / weight
  })
  return { name, points: { steps: points.steps, values } }
}
