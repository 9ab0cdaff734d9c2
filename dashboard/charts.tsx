/** The figures of the run over its steps. The run thins them by range, so long runs display as fast as short ones. */
import { useMemo, useRef, useState } from 'react'
import type { BridgeClient, RunState } from '../client.ts'
import { curvesOf } from './charts/curves.ts'
import { epochScale } from './charts/epochs.ts'
import { kindsOf } from './charts/kinds.ts'
import { Legend } from './charts/legend.tsx'
import { Plot } from './charts/plot.tsx'
import type { Mark, Picture } from './charts/svg.ts'
import { useAnswers } from './charts/use-answers.ts'
import { type Range, Zoom } from './charts/zoom.tsx'
import { saveCsv, savePng, saveSvg } from './downloads.ts'
import type { EventLog } from './event-log.ts'
import { count, plain, words } from './format.ts'
import { useLatest } from './hooks.ts'
import { Note } from './note.tsx'
import { panelOf, Tabs, useTabs } from './tabs.tsx'
import './charts/charts.css'

/** The choices for the number of steps in an average. */
const WINDOWS = [0, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000]
/** The initial choice: shows the drift of a batch loss without hiding the beginning of a run. */
const FIRST_WINDOW = 3

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly log: EventLog
  readonly isConnected: boolean
  readonly isDark: boolean
}

export function Charts({ client, state, log, isConnected, isDark }: Props) {
  const [title, setTitle] = useState('Loss')
  const [range, setRange] = useState<Range>()
  const [level, setLevel] = useState(FIRST_WINDOW)
  const [isLog, setIsLog] = useState(false)
  const [wantsEpochs, setWantsEpochs] = useState(false)
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())
  const [at, setAt] = useState<number>()
  const host = useRef<HTMLDivElement>(null)
  const tabs = useTabs()
  const kinds = kindsOf(state)
  const kind = kinds.find(candidate => candidate.title === title) ?? (kinds[0] as (typeof kinds)[0])
  const names = kind.series(state)
  const window = WINDOWS[level] as number

  const room = () => Math.min(Math.max(host.current?.clientWidth ?? 600, 200), 1300)
  const { answers, note } = useAnswers({ client, state, isConnected, names, range, window, room })
  const smoothing = window === 0 ? undefined : `${count(window)} steps`
  const { history, stepsPerEpoch } = state
  const scale = useMemo(() => epochScale({ history, stepsPerEpoch }), [history, stepsPerEpoch])
  const epochs = wantsEpochs ? scale : undefined
  // Points by step do not change when an epoch ends.
  const ended = epochs ? history : NONE
  const isLatest = !range || range[1] >= state.step
  const known = JSON.stringify(names)
  const curves = useMemo(
    () => curvesOf(JSON.parse(known), answers, { range, isLatest, window, epochs, history: ended }),
    [known, answers, range, isLatest, window, epochs, ended],
  )
  const shown = useMemo(() => curves.filter(({ name }) => !hidden.has(name)), [curves, hidden])
  const marks = useMarks(log, epochs?.epochOf)

  const unit = epochs ? 'epoch' : 'step'
  const place = (step: number) => epochs?.epochOf(step) ?? step
  const first = range && place(range[0])
  const last = range && place(range[1])
  const axis = useMemo(
    (): Range | undefined => (first === undefined || last === undefined ? undefined : [first, last]),
    [first, last],
  )
  const zoom = useStable((to: Range | undefined) =>
    setRange(to && [epochs?.stepOf(to[0]) ?? to[0], epochs?.stepOf(to[1]) ?? to[1]]),
  )
  const picture: Picture = {
    title: `${state.runId}: ${kind.title}`,
    curves: shown,
    marks,
    isLog,
    unit,
    range: axis,
  }
  return (
    <section className="panel charts" aria-label="Charts">
      <h2 className="hidden">Charts</h2>
      <div className="panel-head">
        <Tabs
          label="Charts to show"
          names={kinds.map(other => other.title)}
          chosen={kind.title}
          onChoose={setTitle}
          ids={tabs}
        />
        <Note>{note}</Note>
      </div>
      <div className="charts-shown" {...panelOf(tabs, kinds.indexOf(kind))}>
        <Legend
          curves={curves}
          hidden={hidden}
          at={at}
          unit={unit}
          smoothing={smoothing}
          onToggle={useStable((name: string) => setHidden(toggled(hidden, name)))}
        />
        <Plot
          host={host}
          curves={shown}
          marks={marks}
          isLog={isLog}
          isDark={isDark}
          unit={unit}
          range={axis}
          label={`${kind.title} over ${unit}s`}
          onZoom={zoom}
          onPoint={setAt}
        />
      </div>
      <div className="panel-foot">
        <label title="Each point is the average over this many steps before it, at any zoom.">
          smooth
          <input
            type="range"
            min="0"
            max={WINDOWS.length - 1}
            value={level}
            aria-valuetext={smoothing ?? 'off'}
            onChange={({ target }) => setLevel(target.valueAsNumber)}
          />
          <output className="window">{smoothing ?? 'off'}</output>
        </label>
        <label>
          <input type="checkbox" checked={isLog} onChange={({ target }) => setIsLog(target.checked)} /> log
        </label>
        <label title={scale ? undefined : 'Available after the first epoch, when its length is known.'}>
          <input
            type="checkbox"
            checked={epochs !== undefined}
            disabled={!scale}
            onChange={({ target }) => setWantsEpochs(target.checked)}
          />{' '}
          by epoch
        </label>
        <Zoom range={range} whole={[0, Math.max(state.step, 1)]} onChange={setRange} />
        <span className="spacer" />
        <fieldset className="downloads">
          <legend className="hidden">Download</legend>
          <button type="button" onClick={() => savePng(host.current, picture)}>
            PNG
          </button>
          <button type="button" onClick={() => saveSvg(picture)}>
            SVG
          </button>
          <button
            type="button"
            disabled={!isConnected}
            onClick={() => void saveCsv(client, names, state).catch(() => undefined)}
          >
            CSV
          </button>
        </fieldset>
      </div>
    </section>
  )
}

const NONE: RunState['history'] = []

const toggled = (set: ReadonlySet<string>, name: string): ReadonlySet<string> =>
  new Set(set.has(name) ? [...set].filter(other => other !== name) : [...set, name])

/** A stable function that calls the latest `work`. */
function useStable<Given>(work: (given: Given) => void): (given: Given) => void {
  const latest = useRef(work)
  latest.current = work
  return useRef((given: Given) => latest.current(given)).current
}

/** Marks where hyper-parameters changed, which explains changes in the curves. */
function useMarks(log: EventLog, place: ((step: number) => number) | undefined): readonly Mark[] {
  const entries = useLatest(log.entries$, log.entries$.value)
  const changes = entries.flatMap(({ event }) =>
    event.type === 'command' && event.command.type === 'set' && !event.error
      ? { step: event.step, values: event.command.values }
      : [],
  )
  const key = changes.map(({ step }) => step).join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: recomputed when there is another change
  return useMemo(
    () =>
      changes.toReversed().map(({ step, values }) => ({
        x: place?.(step) ?? step,
        text: Object.entries(values)
          .map(([name, value]) => `${words(name)} ${plain(value)}`)
          .join(', '),
      })),
    [key, place],
  )
}
