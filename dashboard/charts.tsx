/** The figures of the run over its steps. The run thins them by range, so long runs display as fast as short ones. */
import { useMemo, useRef, useState } from 'react'
import type { BridgeClient, RunState } from '../client.ts'
import { useInAddress } from './address.ts'
import { curvesOf } from './charts/curves.ts'
import { epochScale } from './charts/epochs.ts'
import { kindsOf } from './charts/kinds.ts'
import { Legend } from './charts/legend.tsx'
import { Plot } from './charts/plot.tsx'
import type { Mark, Picture } from './charts/svg.ts'
import { timeScale, useTimes } from './charts/times.ts'
import { useAnswers } from './charts/use-answers.ts'
import { type Range, Zoom } from './charts/zoom.tsx'
import { CopyLink } from './copy-link.tsx'
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
  const [title, setTitle] = useInAddress('chart')
  const [zoomText, setZoomText] = useInAddress('zoom')
  const [smoothText, setSmoothText] = useInAddress('smooth')
  const [distribution, setDistribution] = useInAddress('scale')
  const [axisWanted, setAxis] = useInAddress('axis')
  const [hiddenText, setHiddenText] = useInAddress('hidden')
  const [at, setAt] = useState<number>()
  const range = useMemo(() => rangeOf(zoomText), [zoomText])
  const setRange = (to: Range | undefined) => setZoomText(to ? to.map(Math.round).join('-') : '')
  const level = levelOf(smoothText)
  const isLog = distribution === 'log'
  const hidden = useMemo(() => namesOf(hiddenText), [hiddenText])
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
  const epochs = axisWanted === 'epoch' ? scale : undefined
  const { step, elapsed } = state
  const timed = useTimes(client, state, isConnected && axisWanted === 'time')
  const times = useMemo(
    () => (axisWanted === 'time' ? timeScale(timed, { step, elapsed }) : undefined),
    [axisWanted, timed, step, elapsed],
  )
  // Points by step do not change when an epoch ends.
  const ended = epochs ? history : NONE
  const isLatest = !range || range[1] >= state.step
  const known = JSON.stringify(names)
  const curves = useMemo(
    () => curvesOf(JSON.parse(known), answers, { range, isLatest, window, epochs, history: ended, times }),
    [known, answers, range, isLatest, window, epochs, ended, times],
  )
  const shown = useMemo(() => curves.filter(({ name }) => !hidden.has(name)), [curves, hidden])
  const marks = useMarks(log, epochs?.epochOf ?? times?.timeOf)

  const unit = epochs ? 'epoch' : times ? 'time' : 'step'
  const place = (at: number) => epochs?.epochOf(at) ?? times?.timeOf(at) ?? at
  const stepAt = (at: number) => epochs?.stepOf(at) ?? times?.stepOf(at) ?? at
  const first = range && place(range[0])
  const last = range && place(range[1])
  const axis = useMemo(
    (): Range | undefined => (first === undefined || last === undefined ? undefined : [first, last]),
    [first, last],
  )
  const zoom = useStable((to: Range | undefined) => setRange(to && [stepAt(to[0]), stepAt(to[1])]))
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
          onToggle={useStable((name: string) => setHiddenText(toggled(hidden, name)))}
        />
        <Plot
          host={host}
          curves={shown}
          marks={marks}
          isLog={isLog}
          isDark={isDark}
          unit={unit}
          range={axis}
          label={`${kind.title} over ${unit === 'time' ? unit : `${unit}s`}`}
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
            onChange={({ target }) => setSmoothText(textOfLevel(target.valueAsNumber))}
          />
          <output className="window">{smoothing ?? 'off'}</output>
        </label>
        <label>
          <input
            type="checkbox"
            checked={isLog}
            onChange={({ target }) => setDistribution(target.checked ? 'log' : '')}
          />{' '}
          log
        </label>
        <select
          className="axis"
          aria-label="Axis"
          title="What the axis counts. Time is that of running, without pauses."
          value={unit}
          onChange={({ target }) => setAxis(target.value === 'step' ? '' : target.value)}
        >
          <option value="step">by step</option>
          <option value="epoch" disabled={!scale}>
            by epoch
          </option>
          <option value="time">by time</option>
        </select>
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
          <CopyLink />
        </fieldset>
      </div>
    </section>
  )
}

const NONE: RunState['history'] = []

/** The parts of the view as the address has them. What it does not understand is left at its usual choice. */
function rangeOf(text: string): Range | undefined {
  const [, first, last] = text.match(/^(\d{1,15})-(\d{1,15})$/) ?? []
  const range = [Number(first), Number(last)] as const
  return range[0] < range[1] ? range : undefined
}

function levelOf(text: string): number {
  const level = text === '' ? -1 : WINDOWS.indexOf(Number(text))
  return level < 0 ? FIRST_WINDOW : level
}

const textOfLevel = (level: number) => (level === FIRST_WINDOW ? '' : String(WINDOWS[level]))

/** Names can have any character, so that the list is JSON. */
function namesOf(text: string): ReadonlySet<string> {
  try {
    const names: unknown = JSON.parse(text)
    return new Set(Array.isArray(names) ? names.map(String) : [])
  } catch {
    return new Set()
  }
}

function toggled(set: ReadonlySet<string>, name: string): string {
  const names = set.has(name) ? [...set].filter(other => other !== name) : [...set, name]
  return names.length > 0 ? JSON.stringify(names) : ''
}

/** A stable function that calls the latest `work`. */
function useStable<Given>(work: (given: Given) => void): (given: Given) => void {
  const latest = useRef(work)
  latest.current = work
  return useRef((given: Given) => latest.current(given)).current
}

/** Marks where hyper-parameters changed, which explains changes in the curves. */
function useMarks(log: EventLog, place: ((step: number) => number) | undefined): readonly Mark[] {
  const entries = useLatest(log.entries$, log.entries$.value)
  const changes = entries.flatMap(({ event }) => {
    if (event.type !== 'command' || event.error) return []
    const { command, step } = event
    if (command.type === 'set') return { step, values: command.values }
    if (command.type === 'setAll')
      return { step, values: Object.assign({}, ...Object.values(command.values)) as object }
    return []
  })
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
