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

interface Props {
  readonly state: RunState
}

export function Best({ state }: Props) {
  const { best } = state
  const judged = judgedIn(state)
  return (
    <Fact name={`best ${words(judged)}`} value={figures(best?.metrics[judged])}>
      {best && <small> epoch {count(best.epoch)}</small>}
    </Fact>
  )
}

/** How far the run has come. */
export function Progress({ state }: Props) {
  const { status, epoch, epochs, step, elapsed } = state
  const remaining = useRemaining(state)
  const left = remaining === undefined ? (status === 'finished' ? '0 s' : '–') : `≈ ${roughly(remaining)}`
  return (
    <>
      <Fact name="epoch" value={count(epoch)} title={`${count(epoch)} of ${count(epochs)}`}>
        <small> / {brief(epochs)}</small>
      </Fact>
      <Fact name="step" value={count(step)} />
      <Fact name="elapsed" value={duration(elapsed)} />
      <Fact name="remaining" value={left} />
    </>
  )
}
