/** The views of one output: of its plane, if it has two inputs, and of its predictions for samples. */
import { type ReactNode, useCallback, useEffect, useMemo, useRef } from 'react'
import type { BridgeClient, RunState } from '../../client.ts'
import { useInAddress } from '../address.ts'
import { AgainstTrue } from '../against-true.tsx'
import { Boundary } from '../boundary.tsx'
import { Confusion } from '../confusion.tsx'
import type { Learned, SaidOfSamples } from '../look.ts'
import { panelOf, Tabs, useTabs } from '../tabs.tsx'
import { classNames, type Task } from '../task.ts'
import { ThresholdCurves } from '../threshold-curves.tsx'
import { type Told, toldOf } from '../told.ts'
import { type Chosen, chosenOf, chosenText } from './behind.ts'
import { behindCell, behindRegion } from './behind-texts.tsx'
import { CalibrationView } from './calibration.tsx'
import { Embeddings } from './embeddings.tsx'
import { type ChosenErrors, regionOf, regionText } from './errors.ts'
import { type PictureShape, pictureOf } from './picture.ts'
import { Projection } from './projection.tsx'
import { Samples } from './samples.tsx'
import type { Table } from './tables.ts'
import { Threshold, useThreshold } from './threshold.tsx'

/** What each kind of output offers; the first comes first. */
const VIEWS = {
  binary: ['Confusion matrix', 'ROC and PR', 'Calibration', 'Layers'],
  classes: ['Confusion matrix', 'Calibration', 'Layers'],
  regression: ['Predicted against true', 'Layers'],
} as const satisfies Record<Task['kind'], readonly string[]>

const EMBEDDINGS = 'Embeddings'

type View = (typeof VIEWS)[Task['kind']][number] | typeof EMBEDDINGS

/** Those that take all of the room. */
const ALONE: readonly View[] = ['Layers', EMBEDDINGS]

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly task: Task
  /** Its name, where several stand beside each other. */
  readonly title?: string
  /** Chooses another output, where one is shown at a time. */
  readonly choice?: ReactNode
  readonly tables: readonly Table[]
  readonly learned: Learned | undefined
  readonly isDark: boolean
  /** What else stands in its head. */
  readonly head: ReactNode
}

export function Views({ client, state, task, title, choice, tables, learned, isDark, head }: Props) {
  const [wanted, setView] = useInAddress('outcome')
  const ids = useTabs()
  const { plane, samples } = learned ?? {}
  const names: readonly View[] = [...VIEWS[task.kind], ...(tables.length > 0 ? ([EMBEDDINGS] as const) : [])]
  const view = names.find(name => name === wanted) ?? (names[0] as View)
  const isTabbed = names.length > 1
  return (
    <section className="views" aria-label={`Output ${task.name}`}>
      <div className="panel-head">
        {title !== undefined && <h2>{title}</h2>}
        {choice}
        {isTabbed ? (
          <Tabs label="Outcomes to show" names={names} chosen={view} onChoose={setView} ids={ids} />
        ) : (
          <h2>{task.isPlane ? 'Prediction over the plane' : view}</h2>
        )}
        {head}
      </div>
      <div className="pictures" {...(isTabbed && panelOf(ids, names.indexOf(view)))}>
        {plane && task.isPlane && !ALONE.includes(view) && (
          <Boundary task={task} plane={plane} isDark={isDark} />
        )}
        {view === EMBEDDINGS && <Embeddings client={client} tables={tables} isDark={isDark} />}
        {samples && view !== EMBEDDINGS && (
          <OfSamples
            client={client}
            state={state}
            task={task}
            samples={samples}
            view={view}
            isDark={isDark}
          />
        )}
      </div>
    </section>
  )
}

interface SamplesProps {
  readonly client: BridgeClient
  readonly state: RunState
  readonly task: Task
  readonly samples: SaidOfSamples
  readonly view: Exclude<View, typeof EMBEDDINGS>
  readonly isDark: boolean
}

function OfSamples({ client, state, task, samples, view, isDark }: SamplesProps) {
  const picture = usePicture(state, task, samples)
  const [threshold, setThreshold] = useThreshold()
  const told = useMemo(() => toldOf(task, samples, threshold), [task, samples, threshold])
  const known = samples.names[task.target]
  // The same while a plane is redrawn many times a second, so that nothing else is.
  const names = useMemo(() => classNames(task, known), [task, known])
  const yes = task.kind === 'binary' ? (names[1] as string) : undefined
  const decision = useMemo(
    () => yes !== undefined && <Threshold value={threshold} yes={yes} onChange={setThreshold} />,
    [threshold, yes, setThreshold],
  )
  if (!told)
    return (
      <p>The predictions of {samples.count} samples do not fit in one message, so they are not counted.</p>
    )
  if (view === 'Layers') {
    const ofClasses = task.kind === 'regression' ? undefined : names
    const common = { client, state, task, names: ofClasses, samples, picture, isDark }
    return <Projection {...common} />
  }
  if (view === 'Predicted against true') {
    const name = known?.[0] ?? task.target
    return (
      <Estimated client={client} task={task} told={told} name={name} samples={samples} picture={picture} />
    )
  }
  if (view === 'ROC and PR')
    return (
      <ThresholdCurves
        told={told}
        yes={yes as string}
        samples={samples}
        threshold={threshold}
        onThreshold={setThreshold}
      />
    )
  if (view === 'Calibration') return <CalibrationView told={told} yes={yes} samples={samples} />
  const given = { client, task, told, names, samples, picture }
  return <Classified {...given} decision={decision} />
}

/** The picture that a sample is, if it is one. */
function usePicture({ nodes }: RunState, task: Task, { names }: SaidOfSamples): PictureShape | undefined {
  const own = names[task.input]
  // biome-ignore lint/correctness/useExhaustiveDependencies: the graph does not change without its tasks
  return useMemo(() => pictureOf({ nodes }, task.input, own), [task, own])
}

interface ToldProps {
  readonly client: BridgeClient
  readonly task: Task
  readonly told: Told
  readonly samples: SaidOfSamples
  readonly picture: PictureShape | undefined
}

/** What is chosen in a picture of all samples, in the address, and the element to which the focus goes back from the samples behind it. */
function useChosen() {
  const [cell, setCell] = useInAddress('cell')
  const place = useRef<HTMLDivElement>(null)
  const last = useRef('')
  // Back to the cell, or the button, that opened them.
  useEffect(() => {
    const [opener, other] = ['.matrix [tabindex="0"]', '.mistakes'].map(name =>
      place.current?.querySelector<HTMLElement>(name),
    )
    if (last.current !== '' && cell === '') (last.current === 'mistakes' ? other : (opener ?? other))?.focus()
    last.current = cell
  }, [cell])
  return { cell, setCell, place }
}

interface ClassifiedProps extends ToldProps {
  readonly names: readonly string[]
  /** What decides between two classes. */
  readonly decision: ReactNode
}

/** The confusion matrix, and the samples behind what is chosen in it. */
function Classified({ names, decision, ...props }: ClassifiedProps) {
  const { told, samples } = props
  const { cell, setCell, place } = useChosen()
  const chosen = chosenOf(cell, names.length)
  const open = useCallback((next: Chosen) => setCell(chosenText(next)), [setCell])
  return (
    <div className={chosen ? 'classified opened' : 'classified'} ref={place}>
      <Confusion told={told} names={names} samples={samples} decision={decision} onOpen={open} />
      {chosen && (
        <Samples
          key={cell}
          {...props}
          behind={behindCell(told, chosen, names, samples)}
          onClose={() => setCell('')}
        />
      )}
    </div>
  )
}

/** The predictions of a number against what is true, and the samples behind a part of them. */
function Estimated({ name, ...props }: ToldProps & { readonly name: string }) {
  const { told, samples } = props
  const { cell, setCell, place } = useChosen()
  const chosen = useMemo(() => regionOf(cell), [cell])
  const open = useCallback((next: ChosenErrors) => setCell(regionText(next)), [setCell])
  return (
    <div className={chosen ? 'classified opened' : 'classified'} ref={place}>
      <AgainstTrue told={told} name={name} samples={samples} chosen={chosen} onOpen={open} />
      {chosen && (
        <Samples
          key={cell}
          {...props}
          behind={behindRegion(told, chosen, name, samples)}
          onClose={() => setCell('')}
        />
      )}
    </div>
  )
}
