/** The points of one figure of the selected runs. Those of a run that goes on are asked for again when it has gone on. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import type { RunsClient } from './runs-client.ts'
import type { Points } from './tracks.ts'

export interface CurvePoints {
  readonly points: Points
  /** The number of each epoch at its last step. */
  readonly epochs: Points
}

interface Known extends CurvePoints {
  /** The figure, and how far the run was. */
  readonly stamp: string
}

export interface Curves {
  /** By folder. Until there are newer points, the older ones of the same figure. */
  readonly curves: ReadonlyMap<string, CurvePoints>
  /** How many are still to come, and why one does not. */
  readonly missing: number
  readonly problem: string | undefined
}

const stampOf = (name: string, { step, updated }: RunRow) => `${name} ${step} ${updated}`

export function useCurves(client: RunsClient, runs: readonly RunRow[], name: string): Curves {
  const [known, setKnown] = useState<ReadonlyMap<string, Known>>(new Map())
  const [problem, setProblem] = useState<string>()
  const asked = useRef(new Map<string, string>())
  const key = JSON.stringify(runs.map(row => [row.folder, stampOf(name, row)]))
  useEffect(() => {
    const wanted = new Map(JSON.parse(key) as [string, string][])
    for (const folder of asked.current.keys()) if (!wanted.has(folder)) asked.current.delete(folder)
    const ask = async (folder: string, stamp: string) => {
      if (asked.current.get(folder) === stamp) return
      asked.current.set(folder, stamp)
      try {
        const [points, epochs] = await client.series(folder, [name, 'epoch'])
        // Meanwhile it may not be wanted any more.
        if (asked.current.get(folder) !== stamp || !points || !epochs) return
        setKnown(before => {
          const kept = [...before].filter(([other]) => asked.current.has(other))
          return new Map([...kept, [folder, { stamp, points, epochs }]])
        })
        setProblem(undefined)
      } catch (error) {
        asked.current.delete(folder)
        setProblem((error as Error).message)
      }
    }
    for (const [folder, stamp] of wanted) void ask(folder, stamp)
  }, [client, key, name])
  const curves = useMemo(
    () => new Map([...known].filter(([, { stamp }]) => stamp.startsWith(`${name} `))),
    [known, name],
  )
  const missing = runs.filter(({ folder }) => !curves.has(folder)).length
  return { curves, missing, problem }
}
