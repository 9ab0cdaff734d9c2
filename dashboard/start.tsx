/** The whole page: connects with the token of its address, and shows the run. */
// First, because other modules need it while loading.
import './language.ts'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connectBridge } from '../client.ts'
import { EventLog } from './event-log.ts'
import { FaultBoundary } from './fault-boundary.tsx'
import { Notice } from './notice.tsx'
import { ownName } from './own-name.ts'
import { Page } from './page.tsx'
import { reloadWhenReplaced } from './replaced.ts'

/** Shows the page in an element. */
export function start(host: HTMLElement): void {
  const root = createRoot(host)
  if (location.hash.length < 2) {
    root.render(<Notice problem="This address has no token: there is nothing after the #." />)
    return
  }
  // Somebody is waiting for the next run to come back under this address.
  const client = connectBridge(location.href, { name: ownName(), reconnect: { most: 3000 } })
  // Created before anything renders, because events arrive only once.
  const log = new EventLog(client)
  reloadWhenReplaced(client)
  root.render(
    <StrictMode>
      <FaultBoundary>
        <Page client={client} log={log} />
      </FaultBoundary>
    </StrictMode>,
  )
}
