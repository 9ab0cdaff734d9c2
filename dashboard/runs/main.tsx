/** The page over many runs: reads them with the token of its address. */
// First, because other modules need it while loading.
import '../language.ts'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { FaultBoundary } from '../fault-boundary.tsx'
import { Notice } from '../notice.tsx'
import { RunsClient } from './runs-client.ts'
import { RunsPage } from './runs-page.tsx'
import '../style.css'
import './runs.css'

const root = createRoot(document.getElementById('root') as HTMLElement)

// A new token in the same address does not reload the page by itself.
addEventListener('hashchange', () => location.reload())

if (location.hash.length < 2) {
  root.render(<Notice problem="This address has no token: there is nothing after the #." />)
} else {
  root.render(
    <StrictMode>
      <FaultBoundary>
        <RunsPage client={new RunsClient(location.hash.slice(1))} />
      </FaultBoundary>
    </StrictMode>,
  )
}
