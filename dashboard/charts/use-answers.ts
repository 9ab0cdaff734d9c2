/** Polls the run for the data of a chart. */
import { useMemo, useRef, useState } from 'react'
import type { BridgeClient, RunState } from '../../client.ts'
import { usePoll } from '../hooks.ts'
import { useStaleness } from '../note.tsx'
import type { Answer, View } from './curves.ts'
import { isNoisy } from './kinds.ts'
import { REACH } from './smooth.ts'

/** How often to request the newest points, in milliseconds. */
const REFRESH = 1000
/** How many points to request before the range. */
const BEFORE = 200

interface Wanted extends Pick<View, 'range' | 'window'> {
  readonly client: BridgeClient
  readonly state: RunState
  readonly isConnected: boolean
  readonly names: readonly string[]
  /** The available pixels. */
  readonly room: () => number
}

export interface Answers {
  readonly answers: readonly Answer[]
  /** A note on the answers: that they are loading or old, or why there are none. */
  readonly note: string | false
}

/** An answer and its time. */
interface Known {
  readonly answer: Answer
  readonly at: number
}

/** Shows the previous answer until a newer one arrives, so that switching tabs needs no waiting. */
export function useAnswers(wanted: Wanted): Answers {
  const { client, state, isConnected, names, range, window, room } = wanted
  const [known, setKnown] = useState<ReadonlyMap<string, Known>>(new Map())
  /** The last request and its outcome. */
  const [last, setLast] = useState<{ key: string; problem?: string | undefined }>({ key: '' })
  const key = JSON.stringify([names, range, window])
  const asked = useRef('')

  const answerOf = async (name: string): Promise<Answer> => {
    // Extremes of single batches look like a band, which must be dense enough to have no gaps.
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
    // A run at rest has no newer points than the ones requested after it came to rest.
    const moment = state.status === 'running' ? '' : `${key} ${state.step} ${state.revision}`
    if (moment !== '' && asked.current === moment) return
    const results = await Promise.allSettled(names.map(answerOf))
    const at = Date.now()
    const found = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
    setKnown(before => new Map([...before, ...found.map(answer => [answer.name, { answer, at }] as const)]))
    // A figure that does not exist yet is not a problem. Other refused requests are repeated.
    const refused = results
      .flatMap(result =>
        result.status === 'rejected' ? [result.reason as { code?: string; message: string }] : [],
      )
      .filter(({ code }) => code !== 'UNKNOWN_NAME')
    if (refused.length === 0) asked.current = moment
    // Other parts of the page show a lost connection.
    setLast({ key, problem: refused.find(({ code }) => code !== 'DISCONNECTED')?.message })
  }
  usePoll(ask, key, REFRESH, isConnected)
  const all = JSON.stringify(names)
  const shown = useMemo(
    () => (JSON.parse(all) as string[]).flatMap(name => known.get(name) ?? []),
    [known, all],
  )
  const answers = useMemo(() => shown.map(({ answer }) => answer), [shown])
  const oldest = shown.length > 0 ? Math.min(...shown.map(({ at }) => at)) : undefined
  const old = useStaleness(oldest, state.status === 'running' && isConnected)
  const isAnswered = last.key === key
  return { answers, note: (isAnswered && last.problem) || (old ?? noteOf(answers, state.step, isAnswered)) }
}

/** The note on answers that are not old. */
function noteOf(answers: readonly Answer[], step: number, isAnswered: boolean): string | false {
  if (answers.some(({ points }) => points.steps.length > 0)) return false
  if (answers.some(({ points }) => points.gaps.length > 0)) return 'No finite numbers here.'
  if (step === 0) return 'No steps yet.'
  return isAnswered ? 'Nothing to show yet.' : 'Loading …'
}
