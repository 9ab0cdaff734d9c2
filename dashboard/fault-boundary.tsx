/** Shown in place of a page that cannot go on, such as one that gets a state of another version. */
import { Component, type ReactNode } from 'react'
import { Reload } from './notice.tsx'

interface Props {
  readonly children: ReactNode
}

interface State {
  readonly fault?: unknown
}

export class FaultBoundary extends Component<Props, State> {
  override state: State = {}

  static getDerivedStateFromError(fault: unknown): State {
    return { fault }
  }

  override render(): ReactNode {
    if (!('fault' in this.state)) return this.props.children
    return (
      <main className="notice">
        <h1>gradstream</h1>
        <p role="alert">The page has failed: {String(this.state.fault)}</p>
        <p>
          The run is not affected. Reload the page: if the program was started again, it may be of another
          version of gradstream than this page.
        </p>
        <Reload />
      </main>
    )
  }
}
