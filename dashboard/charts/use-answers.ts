/** Asks the run for what a chart shows, again and again. */
import { useRef, useState } from 'react'
import type { BridgeClient, RunState } from '../../client.ts'
import { usePoll } from '../hooks.ts'
import type { Answer, View } from './curves.ts'
import { isNoisy } from './kinds.ts'
import { REACH } from './smooth.ts'

/** How often the newest points are asked for, in milliseconds. */
const REFRESH = 1000
/** Points of what lies before the range. */
const BEFORE = 200

interface Wanted extends Pick<View, 'range' | 'window'> {
  readonly client: BridgeClient
  readonly state: RunState
  readonly isConnected: boolean
  readonly names: readonly string[]
  /** How many pixels there are. */
  readonly room: () => number
}

export function useAnswers(wanted: Wanted): readonly Answer[] {
  const { client, state, isConnected, names, range, window, room } = wanted
  const [answers, setAnswers] = useState<readonly Answer[]>([])
  const key = JSON.stringify([names, range, window])
  const asked = useRef('')

  const answerOf = async (name: string): Promise<Answer> => {
    // Extremes of single batches are seen as a band, which has no gaps where they stand close.
    const points = Math.round(room() * (isNoisy(name) ? 3 : 1.5))
    if (!range) return { name, points: await client.series(name, { points }) }
    const [from, to] = [Math.floor(range[0]), Math.ceil(range[1])]
    if (window === 0 || from <= 0) return { name, points: await client.series(name, { from, to, points }) }
    const start = Math.max(from - Math.ceil(REACH * window), 0)
    const [inRange, before] = await Promise.all([
      client.series(name, { from, to, points }),
      client.series(name, { from: start, to: from, points: BEFORE }),
    ])
    return { name, points: inRange, before: before.means }
  }
  const ask = async () => {
    // A run that rests has no newer points than those that were asked for once it rested.
    const moment = state.status === 'running' ? '' : `${key} ${state.step} ${state.revision}`
    if (moment !== '' && asked.current === moment) return
    const all = await Promise.allSettled(names.map(answerOf))
    asked.current = moment
    setAnswers(all.flatMap(result => (result.status === 'fulfilled' ? [result.value] : [])))
  }
  usePoll(ask, key, REFRESH, isConnected)
  return answers
}
