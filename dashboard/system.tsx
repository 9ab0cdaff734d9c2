/** What the run and its bridge cost: a line of figures, and a bar of where the time goes. */
import type { BridgeClient, SystemFigures } from '../client.ts'
import { bytes } from './bytes.ts'
import { figures, share } from './format.ts'
import { useLatest } from './hooks.ts'
import './system.css'

export function System({ client }: { readonly client: BridgeClient }) {
  const system = useLatest<SystemFigures | undefined>(client.system$, undefined)
  const { cpu, memory, heap, stepTime, trainingShare = 0, waitingShare = 0, watchingShare = 0 } = system ?? {}
  const parts = { training: trainingShare, waiting: waitingShare, watching: watchingShare }
  return (
    <section className="system" aria-label="System">
      <div className="shares" aria-hidden>
        {Object.entries(parts).map(([name, part]) => (
          <i key={name} className={name} style={{ width: `${100 * part}%` }} />
        ))}
      </div>
      <dl>
        <Figure name="training" part value={system && share(trainingShare)} />
        <Figure name="waiting" part value={system && share(waitingShare)} title="for batches of data" />
        <Figure
          name="watching"
          part
          value={system && share(watchingShare)}
          title="publications, watches and answers"
        />
        <Figure
          name="step"
          value={stepTime == null ? undefined : `${figures(stepTime)} ms`}
          title="with everything around it"
        />
        <Figure
          name="CPU"
          value={cpu === undefined ? undefined : `${Math.round(100 * cpu)} %`}
          title="100 % is one core"
        />
        <Figure
          name="memory"
          value={memory === undefined ? undefined : bytes(memory)}
          title={
            heap === undefined ? undefined : `of the process; ${bytes(heap)} of it are JavaScript objects`
          }
        />
      </dl>
    </section>
  )
}

interface FigureProps {
  readonly name: string
  /** Undefined before it is known. */
  readonly value: string | undefined
  readonly title?: string | undefined
  /** Whether it is part of the bar. */
  readonly part?: boolean
}

const Figure = ({ name, value = '–', title, part }: FigureProps) => (
  <div title={title}>
    <dt>
      {part && <i className={name} aria-hidden />}
      {name}
    </dt>
    <dd data-system={name}>{value}</dd>
  </div>
)
