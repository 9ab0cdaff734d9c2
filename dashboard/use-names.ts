/** The names of the columns of the data, for a page that shows no predictions. */
import { useEffect, useState } from 'react'
import type { BridgeClient } from '../client.ts'
import type { ColumnNames } from './purpose.ts'

/** Asks for one sample, and only until the answer: names never change during a run. */
export function useNames(client: BridgeClient, isWanted: boolean): ColumnNames | undefined {
  const [names, setNames] = useState<ColumnNames>()
  const isAsked = isWanted && names === undefined
  useEffect(() => {
    if (!isAsked) return
    let isOld = false
    client.predict({ of: 'data', count: 1 }).then(
      said => !isOld && setNames(said.names ?? {}),
      // Without names, it says less.
      () => undefined,
    )
    return () => {
      isOld = true
    }
  }, [client, isAsked])
  return names
}
