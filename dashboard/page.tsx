/** The page of a run. It restarts for another run, because nothing carries over. */
import { useEffect, useState } from 'react'
import { distinctUntilChanged, map } from 'rxjs'
import type { BridgeClient } from '../client.ts'
import { App } from './app.tsx'
import type { EventLog } from './event-log.ts'

interface Props {
  readonly client: BridgeClient
  readonly log: EventLog
}

export function Page({ client, log }: Props) {
  const [run, setRun] = useState<string>()
  useEffect(() => {
    const runs$ = client.connection$.pipe(
      map(({ run }) => run),
      distinctUntilChanged(),
    )
    const subscription = runs$.subscribe(setRun)
    return () => subscription.unsubscribe()
  }, [client])
  return <App key={run} client={client} log={log} />
}
