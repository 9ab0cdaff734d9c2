/** Shows the page for a phone in an element. */
import { createRoot } from 'react-dom/client'
import { connectBridge } from '../client.ts'
import { EventLog } from './event-log.ts'
import { FaultBoundary } from './fault-boundary.tsx'
import { Notice } from './notice.tsx'
import { Phone } from './phone.tsx'
import { reloadWhenReplaced } from './replaced.ts'

/** Returns what removes it again. */
export function mount(host: HTMLElement, onWhole: () => void): () => void {
  const root = createRoot(host)
  if (location.hash.length < 2) {
    root.render(<Notice problem="This address has no token: there is nothing after the #." />)
    return () => root.unmount()
  }
  // Somebody is waiting for the next run to come back under this address.
  const client = connectBridge(location.href, { name: 'phone', reconnect: { most: 3000 } })
  const log = new EventLog(client)
  reloadWhenReplaced(client)
  root.render(
    <FaultBoundary>
      <Phone client={client} log={log} onWhole={onWhole} />
    </FaultBoundary>,
  )
  return () => {
    root.unmount()
    client.close()
  }
}
