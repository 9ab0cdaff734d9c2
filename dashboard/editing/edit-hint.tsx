/** How the graph is edited: by opening a node, or by taking back an edit that was trained, which is a plan like any other until it is trained. */
import { useContext } from 'react'
import { EditsContext } from './use-edits.ts'

export function EditHint() {
  const edits = useContext(EditsContext)
  if (!edits) return null
  if (!edits.canGoBack) return <small className="editable-hint">Open a node to change it.</small>
  return (
    <button
      type="button"
      title="Takes back the last edit of the graph. The run goes on until you train the graph before it."
      disabled={edits.isTraining}
      onClick={edits.goBack}
    >
      {edits.back === 0 ? 'Back to the graph before' : 'One more edit back'}
    </button>
  )
}
