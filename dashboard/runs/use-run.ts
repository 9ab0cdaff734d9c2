/** A whole run, without its points. */
import { useEffect, useState } from 'react'
import type { RunAnswer, RunRow } from '../../runtime/runs-page/answers.ts'
import type { RunsClient } from './runs-client.ts'

export interface Whole {
  readonly answer: RunAnswer | undefined
  readonly problem: string | undefined
}

const NOTHING: Whole = { answer: undefined, problem: undefined }

/** What a run was does not change while it goes on, so it is asked for once. */
export function useRun(client: RunsClient, row: RunRow | undefined): Whole {
  const folder = row?.folder
  const [known, setKnown] = useState<Whole & { folder?: string | undefined }>(NOTHING)
  useEffect(() => {
    if (folder === undefined) return
    let isWanted = true
    client.run(folder).then(
      answer => isWanted && setKnown({ folder, answer, problem: undefined }),
      (error: Error) => isWanted && setKnown({ folder, answer: undefined, problem: error.message }),
    )
    return () => {
      isWanted = false
    }
  }, [client, folder])
  return known.folder === folder ? known : NOTHING
}
