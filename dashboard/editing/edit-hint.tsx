/**
 * How the graph is edited: by opening a node, by taking back an edit that was trained, or by making that one again. Each is a plan until it is
 * trained.
 */
import { useContext } from 'react'
import { Icon } from '../icon.tsx'
import { EditsContext } from './use-edits.ts'

export function EditHint() {
  const edits = useContext(EditsContext)
  if (!edits) return null
  const { back, forward, canGoBack, canGoForward, isTraining } = edits
  if (!canGoBack && !canGoForward) return <small className="editable-hint">Open a node to change it.</small>
  const again = forward === 0 ? 'One edit forward' : 'One more edit forward'
  return (
    <>
      {canGoBack && (
        <button
          type="button"
          title="Takes back the last edit of the graph. The run goes on until you train the graph before it."
          disabled={isTraining}
          onClick={edits.goBack}
        >
          {back === 0 ? 'Back to the graph before' : 'One more edit back'}
        </button>
      )}
      {canGoForward && (
        <button
          type="button"
          aria-label={again}
          title={`${canGoBack ? `${again}: makes` : 'Makes'} an edit of the graph again that was taken back. The run goes on until you train that graph.`}
          disabled={isTraining}
          onClick={edits.goForward}
        >
          {/* Beside the other one there is no room for words. */}
          {canGoBack ? <Icon name="redo" /> : again}
        </button>
      )}
    </>
  )
}
