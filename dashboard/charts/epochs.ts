/** Converts steps to epochs. An epoch can be cut short, so each ends where its record says. */
import { scaleLinear } from 'd3-scale'
import type { RunState } from '../../client.ts'

export interface EpochScale {
  epochOf(step: number): number
  stepOf(epoch: number): number
}

/** `undefined` while the length of an epoch is unknown. */
export function epochScale({
  history,
  stepsPerEpoch,
}: Pick<RunState, 'history' | 'stepsPerEpoch'>): EpochScale | undefined {
  const [steps, epochs] = [[0], [0]]
  for (const { epoch, step } of history) {
    if (step <= (steps.at(-1) as number)) continue
    steps.push(step)
    epochs.push(epoch)
  }
  // The current epoch has its expected length, or that of the last one.
  const length = stepsPerEpoch ?? (steps.at(-1) as number) - (steps.at(-2) ?? 0)
  if (length <= 0) return undefined
  steps.push((steps.at(-1) as number) + length)
  epochs.push((epochs.at(-1) as number) + 1)
  const scale = scaleLinear(steps, epochs)
  return { epochOf: step => scale(step), stepOf: epoch => scale.invert(epoch) }
}
