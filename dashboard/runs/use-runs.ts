/** The runs of the directory, again and again. */
import { useState } from 'react'
import type { RunsAnswer } from '../../runtime/runs-page/answers.ts'
import { usePoll } from '../hooks.ts'
import type { Refusal, RunsClient } from './runs-client.ts'

/** How often to look whether anything has changed, in milliseconds. */
const REFRESH = 2000

export interface Known {
  readonly answer: RunsAnswer | undefined
  readonly problem: Refusal | undefined
  /** Looks at once. */
  refresh(): Promise<void>
}

export function useRuns(client: RunsClient): Known {
  const [answer, setAnswer] = useState<RunsAnswer>()
  const [problem, setProblem] = useState<Refusal>()
  const ask = async () => {
    try {
      const next = await client.runs()
      if (next) setAnswer(next)
      setProblem(undefined)
    } catch (error) {
      setProblem(error as Refusal)
    }
  }
  // Until all have been read, each answer is followed by the next question.
  usePoll(ask, String(answer?.unread), REFRESH, true)
  return { answer, problem, refresh: ask }
}
