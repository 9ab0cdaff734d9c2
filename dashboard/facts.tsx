/** Figures with their names, as the page and the one for phones show them. */
import type { ReactNode } from 'react'
import type { RunState } from '../client.ts'
import { duration, roughly } from '../core/duration.ts'
import { judgedBy } from './diagnosis.ts'
import { brief, count, figures, words } from './format.ts'
import { useRemaining } from './remaining.ts'

interface FactProps {
  readonly name: string
  readonly value: string
  readonly title?: string
  readonly children?: ReactNode
}

export const Fact = ({ name, value, title, children }: FactProps) => (
  <div title={title}>
    <dt>{name}</dt>
    <dd data-fact={name}>
      {value}
      {children}
    </dd>
  </div>
)

/** The figure by which an epoch is the best. */
export const judgedIn = ({ best, validation }: Pick<RunState, 'best' | 'validation'>): string =>
  best ? judgedBy(best) : validation ? 'validationLoss' : 'loss'

interface ProgressProps {
  readonly state: RunState
  /** What stands behind the best value. */
  readonly children?: ReactNode
}

/** The best value, and how far the run has come. */
export function Progress({ state, children }: ProgressProps) {
  const { status, epoch, epochs, step, elapsed, best } = state
  const remaining = useRemaining(state)
  const judged = judgedIn(state)
  const left = remaining === undefined ? (status === 'finished' ? '0 s' : '–') : `≈ ${roughly(remaining)}`
  return (
    <>
      <Fact name={`best ${words(judged)}`} value={figures(best?.metrics[judged])}>
        {best && <small> epoch {count(best.epoch)}</small>}
      </Fact>
      {children}
      <Fact name="epoch" value={count(epoch)} title={`${count(epoch)} of ${count(epochs)}`}>
        <small> / {brief(epochs)}</small>
      </Fact>
      <Fact name="step" value={count(step)} />
      <Fact name="elapsed" value={duration(elapsed)} />
      <Fact name="remaining" value={left} />
    </>
  )
}
