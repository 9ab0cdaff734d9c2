/** The page: connects with the token of its address, and shows the run. */
// First of all, since other modules ask for it as they load.
import './language.ts'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { connectBridge } from '../client.ts'
import { EventLog } from './event-log.ts'
import { Notice } from './notice.tsx'
import { Page } from './page.tsx'
import './style.css'

const root = createRoot(document.getElementById('root') as HTMLElement)

// Another token in the same address does not load the page anew by itself.
addEventListener('hashchange', () => location.reload())

if (location.hash.length < 2) {
  root.render(<Notice problem="This address has no token: there is nothing after the #." />)
} else {
  const client = connectBridge(location.href, { name: 'dashboard' })
  // From before anybody looks, since what happens is told once.
  const log = new EventLog(client)
  root.render(
    <StrictMode>
      <Page client={client} log={log} />
    </StrictMode>,
  )
}
