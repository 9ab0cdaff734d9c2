/** Converts steps to the time that a run had been running at them, without pauses, and shows times on an axis. */
import { scaleLinear } from 'd3-scale'
import { useRef, useState } from 'react'
import type { BridgeClient, RunState } from '../../client.ts'
import { usePoll } from '../hooks.ts'

export { clock } from '../../core/duration.ts'

/** How often to request the newest times, in milliseconds, and how many. */
const REFRESH = 1000
const POINTS = 2000

export interface TimeScale {
  /** In seconds. */
  timeOf(step: number): number
  stepOf(seconds: number): number
}

interface Times {
  readonly steps: readonly number[]
  readonly values: readonly number[]
}

/** The times of some steps, in order, and of the present one. `undefined` before the first step. */
export function timeScale({ steps, values }: Times, now: Pick<RunState, 'step' | 'elapsed'>) {
  const [places, times] = [[0], [0]]
  const add = (step: number, seconds: number) => {
    if (step <= (places.at(-1) as number) || seconds <= (times.at(-1) as number)) return
    places.push(step)
    times.push(seconds)
  }
  steps.forEach((step, i) => {
    add(step, values[i] as number)
  })
  add(now.step, now.elapsed)
  if (places.length < 2) return undefined
  const scale = scaleLinear(places, times)
  return { timeOf: (step: number) => scale(step), stepOf: (seconds: number) => scale.invert(seconds) }
}

const NONE: Times = { steps: [], values: [] }

/** Polls the times of the steps while the axis shows them. */
export function useTimes(client: BridgeClient, { status, step }: RunState, isOn: boolean): Times {
  const [times, setTimes] = useState<Times>(NONE)
  const asked = useRef(-1)
  const ask = async () => {
    if (status !== 'running' && asked.current === step) return
    try {
      setTimes(await client.series('elapsed', { points: POINTS }))
      asked.current = step
    } catch {
      // The present step and its time remain.
    }
  }
  usePoll(ask, status, REFRESH, isOn)
  return times
}

/** Round distances between the marks of an axis of time, in seconds. */
export const PERIODS = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map(minutes => 60 * minutes),
  ...[1, 2, 3, 6, 12, 24, 48, 120, 240, 480, 1200, 2400, 4800].map(hours => 3600 * hours),
]
