/** The figures of the run over its steps. The run thins them by range, so long runs display as fast as short ones. */
import { useContext, useMemo, useRef, useState } from 'react'
import type { BridgeClient, RunState } from '../client.ts'
import { useInAddress } from './address.ts'
import { annotationsOf } from './charts/annotations.ts'
import { type Curve, curvesOf } from './charts/curves.ts'
import { epochScale } from './charts/epochs.ts'
import { kindsOf } from './charts/kinds.ts'
import { Legend } from './charts/legend.tsx'
import { NoteForm } from './charts/note-form.tsx'
import { Plot } from './charts/plot.tsx'
import { type Ground, Rail } from './charts/rail.tsx'
import { Save } from './charts/save.tsx'
import { type Mark, type Picture, svgOf } from './charts/svg.ts'
import { timeScale, useTimes } from './charts/times.ts'
import { useAnswers } from './charts/use-answers.ts'
import { useNotes } from './charts/use-notes.ts'
import { useSmoothing, ViewControls, windowText } from './charts/view-controls.tsx'
import { type Range, Zoom } from './charts/zoom.tsx'
import { saveSeries } from './downloads.ts'
import type { EventLog } from './event-log.ts'
import { useKey, useLatest, useThrottled } from './hooks.ts'
import { Icon } from './icon.tsx'
import { Note, StaleSince } from './note.tsx'
import { panelOf, Tabs, useTabs } from './tabs.tsx'
import './charts/charts.css'

/** Averages over so many steps show the drift of a batch loss without hiding the beginning of a run. */
const FIRST_WINDOW = 30

/** How often to mark a new best epoch, in milliseconds. */
const REDRAWN = 1000

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly log: EventLog
  readonly isConnected: boolean
  /** Whether it may send commands. */
  readonly canSteer: boolean
  readonly isDark: boolean
  /** Whether it stands beside another one, and begins with other curves. */
  readonly isSecond?: boolean
}

export function Charts({ client, state, log, isConnected, canSteer, isDark, isSecond = false }: Props) {
  const inAddress = (name: string) => (isSecond ? `${name}2` : name)
  const [title, setTitle] = useInAddress(inAddress('chart'))
  const [zoomText, setZoomText] = useInAddress(inAddress('zoom'))
  const [window, setWindow] = useSmoothing(FIRST_WINDOW, inAddress('smooth'))
  const [distribution, setDistribution] = useInAddress(inAddress('scale'))
  const [axisWanted, setAxis] = useInAddress(inAddress('axis'))
  const [hiddenText, setHiddenText] = useInAddress(inAddress('hidden'))
  const [at, setAt] = useState<number>()
  const range = useMemo(() => rangeOf(zoomText), [zoomText])
  const setRange = (to: Range | undefined) => setZoomText(to ? to.map(Math.round).join('-') : '')
  const isLog = distribution === 'log'
  const hidden = useMemo(() => namesOf(hiddenText), [hiddenText])
  const host = useRef<HTMLDivElement>(null)
  const tabs = useTabs()
  const kinds = kindsOf(state)
  const usual = (isSecond && kinds[1]) || (kinds[0] as (typeof kinds)[0])
  const kind = kinds.find(candidate => candidate.title === title) ?? usual
  const names = kind.series(state)

  const room = () => Math.min(Math.max(host.current?.clientWidth ?? 600, 200), 1300)
  const { answers, note } = useAnswers({ client, state, isConnected, names, range, window, room })
  const smoothing = windowText(window)
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
  const isEmpty = curves.every(({ raw }) => raw.x.length === 0)
  const [ground, setGround] = useState<Ground>(NO_GROUND)
  const notes = useNotes(client)
  const isStale = useContext(StaleSince) !== undefined
  const noteButton = useRef<HTMLButtonElement>(null)
  const unit = epochs ? 'epoch' : times ? 'time' : 'step'
  const place = (at: number) => epochs?.epochOf(at) ?? times?.timeOf(at) ?? at
  const stepAt = (at: number) => epochs?.stepOf(at) ?? times?.stepOf(at) ?? at
  const happened = useMarks(log, state, notes.draft, epochs?.epochOf ?? times?.timeOf)
  const marks = useMemo(
    () => (isLatest ? upTo(endOf(curves), happened) : happened),
    [isLatest, curves, happened],
  )
  const stepNear = (at: number) => Math.min(Math.max(Math.round(stepAt(at)), 0), step)
  const writeNote = () => notes.setDraft(at === undefined ? step : stepNear(at))
  const closeNote = () => {
    notes.setDraft(undefined)
    noteButton.current?.focus()
  }
  useKey('n', writeNote, canSteer && notes.draft === undefined && !isSecond)
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
    <section
      className={isSecond ? 'panel charts second' : 'panel charts'}
      aria-label={isSecond ? 'More charts' : 'Charts'}
    >
      <h2 className="hidden">{isSecond ? 'More charts' : 'Charts'}</h2>
      <div className="panel-head">
        <Tabs
          label={isSecond ? 'More charts to show' : 'Charts to show'}
          names={kinds.map(other => other.title)}
          chosen={kind.title}
          onChoose={setTitle}
          ids={tabs}
        />
        <span className="spacer" />
        {!isEmpty && <Note>{note}</Note>}
        {/* Nobody can make notes meanwhile. */}
        {!isStale && (
          <button
            ref={noteButton}
            type="button"
            disabled={!canSteer}
            aria-keyshortcuts="n"
            title={
              canSteer
                ? 'Says something about a step, for everyone. The key n does the same'
                : 'Only a controller can make notes'
            }
            onClick={writeNote}
          >
            <Icon name="note" /> <span className="word">Note</span>
          </button>
        )}
        <Save
          drawing={{ title: picture.title, svg: (style, size) => svgOf(picture, style, size) }}
          table={{
            words: 'All points that the run has kept of these curves',
            isThere: isConnected,
            save: () => saveSeries(client, names, state),
          }}
          isDark={isDark}
        />
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
        <div className="plot-frame">
          {isEmpty && (
            <p className="nothing">
              <Note>{note}</Note>
            </p>
          )}
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
            onPick={useStable((x: number) => notes.draft !== undefined && notes.setDraft(stepNear(x)))}
            onGround={useStable((next: Ground) => setGround(known => (isSame(known, next) ? known : next)))}
          />
          <Rail
            marks={marks}
            ground={ground}
            at={notes.draft === undefined ? at : undefined}
            actionsOf={({ note }) =>
              note && canSteer ? (
                <button type="button" onClick={() => void notes.delete(note)}>
                  Delete
                </button>
              ) : null
            }
          />
          {notes.draft !== undefined && (
            <NoteForm
              step={notes.draft}
              last={step}
              onStep={to => notes.setDraft(Math.min(Math.max(to, 0), step))}
              onSave={text => notes.save(text).then(() => noteButton.current?.focus())}
              onClose={closeNote}
            />
          )}
          <p className="noted" role="status">
            {notes.done && (
              <>
                {notes.done.text}{' '}
                <button type="button" className="link" onClick={() => void notes.done?.undo()}>
                  Undo
                </button>
              </>
            )}
          </p>
        </div>
      </div>
      <div className="panel-foot">
        <ViewControls
          window={window}
          isLog={isLog}
          unit={unit}
          hasEpochs={scale !== undefined}
          onWindow={setWindow}
          onLog={log => setDistribution(log ? 'log' : '')}
          onUnit={next => setAxis(next === 'step' ? '' : next)}
        />
        <Zoom range={range} whole={[0, Math.max(state.step, 1)]} onChange={setRange} />
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

/** What happened, at its places on the axis, with a note that is being made. */
function useMarks(
  log: EventLog,
  { best, notes, hyperparameters }: RunState,
  draft: number | undefined,
  place: ((step: number) => number) | undefined,
): readonly Mark[] {
  const entries = useLatest(log.entries$, log.entries$.value)
  // While a run learns, each of its epochs is the best, and none of them is worth drawing everything again.
  const shownBest = useThrottled(best, REDRAWN)
  // Ends of epochs come by the thousand, and have no marks.
  const latest = entries.find(({ event }) => event.type !== 'epoch')?.key
  // biome-ignore lint/correctness/useExhaustiveDependencies: the latest event stands for all of them
  const annotations = useMemo(() => {
    const events = entries.flatMap(({ event }) => (event.type === 'epoch' ? [] : [event]))
    return annotationsOf({ best: shownBest, notes, hyperparameters }, events)
  }, [latest, shownBest, notes])
  return useMemo(() => {
    const all =
      draft === undefined
        ? annotations
        : [...annotations, { kind: 'note', step: draft, text: 'new note' } as const].sort(
            (a, b) => a.step - b.step,
          )
    return all.map(own => ({ ...own, x: place?.(own.step) ?? own.step }))
  }, [annotations, draft, place])
}

/** The state comes before the newest points of curves: what they do not reach yet is marked at their end. */
const upTo = (end: number, marks: readonly Mark[]): readonly Mark[] =>
  marks.map(({ figure, ...mark }) =>
    mark.x > end ? { ...mark, x: end } : { ...mark, ...(figure && { figure }) },
  )

const endOf = (curves: readonly Curve[]) =>
  curves.reduce((end, { raw }) => Math.max(end, raw.x.at(-1) ?? end), Number.NEGATIVE_INFINITY)

const NO_GROUND: Ground = { left: 0, width: 0, least: 0, most: 1 }

const isSame = (a: Ground, b: Ground) =>
  a.left === b.left && a.width === b.width && a.least === b.least && a.most === b.most
