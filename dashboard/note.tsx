/** Notes of a panel: that it is loading, that there is nothing to show, or since when it is stale. */
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import type { BridgeClient, ConnectionState } from '../client.ts'

/** The time of day when the connection of the whole page was lost; undefined while connected. */
export const StaleSince = createContext<string | undefined>(undefined)

export function Note({ children }: { readonly children?: ReactNode }) {
  const since = useContext(StaleSince)
  if (since !== undefined) return <small className="note stale">stale since {since}</small>
  return children ? <small className="note">{children}</small> : null
}

/** After this many milliseconds, data that should keep arriving is stale. */
const OLD = 5000

/** A note that data is stale, and since when. */
export function useStaleness(time: number | undefined, isExpected: boolean): string | undefined {
  /** The time that has become stale. */
  const [old, setOld] = useState<number>()
  useEffect(() => {
    if (time === undefined || !isExpected) return
    const timer = setTimeout(() => setOld(time), OLD)
    return () => {
      clearTimeout(timer)
      setOld(undefined)
    }
  }, [time, isExpected])
  return time !== undefined && isExpected && old === time ? `stale since ${timeOfDay(time)}` : undefined
}

const timeOfDay = (time: number) => new Date(time).toLocaleTimeString('en-GB')

const NOT_YET: ConnectionState = { status: 'connecting', connections: 0, made: 0, dropped: 0, received: 0 }

/** The state of the connection, and when it was lost, if it was. */
export function useConnection(client: BridgeClient): {
  connection: ConnectionState
  staleSince: string | undefined
} {
  const [standing, setStanding] = useState({
    connection: NOT_YET,
    staleSince: undefined as string | undefined,
  })
  useEffect(() => {
    const subscription = client.connection$.subscribe(connection =>
      setStanding(before => {
        const isLost = connection.status !== 'open' && connection.connections > 0
        const since = before.staleSince ?? timeOfDay(Date.now())
        return { connection, staleSince: isLost ? since : undefined }
      }),
    )
    return () => subscription.unsubscribe()
  }, [client])
  return standing
}
