/** The page of a run. It restarts for another run, because nothing carries over. */
import { useEffect, useState } from 'react'
import { distinctUntilChanged, map } from 'rxjs'
import type { BridgeClient } from '../client.ts'
import { forgetView } from './address.ts'
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
    let known: string | undefined
    const subscription = runs$.subscribe(next => {
      if (known !== undefined && next !== undefined && next !== known) forgetView()
      known = next ?? known
      setRun(next)
    })
    return () => subscription.unsubscribe()
  }, [client])
  return <App key={run} client={client} log={log} />
}
