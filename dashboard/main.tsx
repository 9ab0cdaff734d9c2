/** The page: connects with the token of its address, and shows the run. */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connectBridge } from '../client.ts'
import { App } from './app.tsx'
import { EventLog } from './event-log.ts'
import './style.css'

const root = createRoot(document.getElementById('root') as HTMLElement)

if (location.hash.length < 2) {
  root.render(
    <main className="notice">
      <h1>gradstream</h1>
      <p>
        This address lacks its token. Open the whole one that the run has printed, with all that follows the{' '}
        <code>#</code>.
      </p>
    </main>,
  )
} else {
  const client = connectBridge(`${location.origin}/${location.hash}`, { name: 'dashboard' })
  const log = new EventLog(client)
  root.render(
    <StrictMode>
      <App client={client} log={log} />
    </StrictMode>,
  )
}
