/** The views of one output: of its plane, if it has two inputs, and of its predictions for samples. */
import { type ReactNode, useEffect, useMemo, useRef } from 'react'
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
import { chosenOf, chosenText } from './behind.ts'
import { CalibrationView } from './calibration.tsx'
import { type PictureShape, pictureOf } from './picture.ts'
import { Projection } from './projection.tsx'
import { Samples } from './samples.tsx'

/** What each kind of output offers; the first comes first. */
const VIEWS = {
  binary: ['Confusion matrix', 'ROC and PR', 'Calibration', 'Layers'],
  classes: ['Confusion matrix', 'Calibration', 'Layers'],
  regression: ['Predicted against true', 'Layers'],
} as const satisfies Record<Task['kind'], readonly string[]>

type View = (typeof VIEWS)[Task['kind']][number]

interface Props {
  readonly client: BridgeClient
  readonly state: RunState
  readonly task: Task
  /** Its name, where several stand beside each other. */
  readonly title?: string
  readonly learned: Learned | undefined
  readonly isDark: boolean
  /** What else stands in its head. */
  readonly head: ReactNode
}

export function Views({ client, state, task, title, learned, isDark, head }: Props) {
  const [wanted, setView] = useInAddress('outcome')
  const ids = useTabs()
  const { plane, samples } = learned ?? {}
  const names: readonly View[] = VIEWS[task.kind]
  const view = names.find(name => name === wanted) ?? (names[0] as View)
  const isTabbed = names.length > 1
  return (
    <section className="views" aria-label={`Output ${task.name}`}>
      <div className="panel-head">
        {title !== undefined && <h2>{title}</h2>}
        {isTabbed ? (
          <Tabs label="Outcomes to show" names={names} chosen={view} onChoose={setView} ids={ids} />
        ) : (
          <h2>{task.isPlane ? 'Prediction over the plane' : view}</h2>
        )}
        {head}
      </div>
      <div className="pictures" {...(isTabbed && panelOf(ids, names.indexOf(view)))}>
        {plane && task.isPlane && view !== 'Layers' && <Boundary task={task} plane={plane} isDark={isDark} />}
        {samples && (
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
  readonly view: View
  readonly isDark: boolean
}

function OfSamples({ client, state, task, samples, view, isDark }: SamplesProps) {
  const picture = usePicture(state, task, samples)
  const told = useMemo(() => toldOf(task, samples), [task, samples])
  if (!told)
    return (
      <p>The predictions of {samples.count} samples do not fit in one message, so they are not counted.</p>
    )
  const known = samples.names[task.target]
  if (view === 'Layers') {
    const names = task.kind === 'regression' ? undefined : classNames(task, known)
    const common = { client, state, task, names, samples, picture, isDark }
    return <Projection {...common} />
  }
  if (view === 'Predicted against true')
    return <AgainstTrue told={told} name={known?.[0] ?? task.target} samples={samples} />
  const names = classNames(task, known)
  if (view === 'ROC and PR') return <ThresholdCurves told={told} yes={names[1] as string} samples={samples} />
  if (view === 'Calibration')
    return (
      <CalibrationView told={told} yes={task.kind === 'binary' ? names[1] : undefined} samples={samples} />
    )
  return (
    <Classified client={client} task={task} told={told} names={names} samples={samples} picture={picture} />
  )
}

/** The picture that a sample is, if it is one. */
function usePicture({ nodes }: RunState, task: Task, { names }: SaidOfSamples): PictureShape | undefined {
  const own = names[task.input]
  // biome-ignore lint/correctness/useExhaustiveDependencies: the graph does not change without its tasks
  return useMemo(() => pictureOf({ nodes }, task.input, own), [task, own])
}

interface ClassifiedProps {
  readonly client: BridgeClient
  readonly task: Task
  readonly told: Told
  readonly names: readonly string[]
  readonly samples: SaidOfSamples
  readonly picture: PictureShape | undefined
}

/** The confusion matrix, and the samples behind what is chosen in it. */
function Classified({ client, task, told, names, samples, picture }: ClassifiedProps) {
  const [cell, setCell] = useInAddress('cell')
  const place = useRef<HTMLDivElement>(null)
  const chosen = chosenOf(cell, names.length)
  const last = useRef('')
  // Back to the cell, or the button, that opened them.
  useEffect(() => {
    const opener = last.current === 'mistakes' ? '.mistakes' : '.matrix [tabindex="0"]'
    if (last.current !== '' && cell === '') place.current?.querySelector<HTMLElement>(opener)?.focus()
    last.current = cell
  }, [cell])
  return (
    <div className={chosen ? 'classified opened' : 'classified'} ref={place}>
      <Confusion told={told} names={names} samples={samples} onOpen={next => setCell(chosenText(next))} />
      {chosen && (
        <Samples
          key={cell}
          client={client}
          task={task}
          told={told}
          names={names}
          samples={samples}
          picture={picture}
          chosen={chosen}
          onClose={() => setCell('')}
        />
      )}
    </div>
  )
}
