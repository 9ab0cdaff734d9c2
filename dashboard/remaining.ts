/** How long a run will still take. */
import { useRef } from 'react'
import type { RunState } from '../client.ts'

type Timed = Pick<
  RunState,
  | 'status'
  | 'step'
  | 'epochs'
  | 'stepsPerEpoch'
  | 'history'
  | 'throughput'
  | 'elapsed'
  | 'hyperparameters'
  | 'data'
>

/** In seconds, at the recent speed; undefined if it cannot be told. */
export function remainingOf(state: Timed): number | undefined {
  const { step, epochs, stepsPerEpoch, history, throughput, elapsed, hyperparameters, data } = state
  const last = history.at(-1)
  const ended = last?.epoch ?? 0
  if (!stepsPerEpoch) return ended > 0 ? (elapsed / ended) * (epochs - ended) : undefined
  const within = Math.min((step - (last?.step ?? 0)) / stepsPerEpoch, 1)
  const steps = Math.max(epochs - ended - within, 0) * stepsPerEpoch
  const { batchSize } = hyperparameters
  if (!(throughput > 0) || typeof batchSize !== 'number') return undefined
  // The last batch of an epoch may be smaller; with few samples, each is.
  const perStep = Math.min(batchSize, (data.samples ?? Number.POSITIVE_INFINITY) / stepsPerEpoch)
  return (steps * perStep) / throughput
}

/** How much of a new estimate counts, so that the shown one does not flicker; one that is far away counts at once. */
const NEW = 0.1
const FAR = 2

/** The same for a page; undefined while nothing goes on. */
export function useRemaining(state: Timed): number | undefined {
  const known = useRef<{ step: number; seconds: number }>(undefined)
  const isOn = state.status === 'running' || state.status === 'paused'
  const seconds = isOn ? remainingOf(state) : undefined
  if (seconds === undefined) known.current = undefined
  else if (known.current?.step !== state.step) {
    const before = known.current?.seconds ?? seconds
    const isFar = seconds > FAR * before || before > FAR * seconds
    known.current = { step: state.step, seconds: isFar ? seconds : before + NEW * (seconds - before) }
  }
  return known.current?.seconds
}
