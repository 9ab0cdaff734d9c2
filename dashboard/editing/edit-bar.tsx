/** The changes of the graph so far, above the foot of the page: to train them, or to leave them. */
import { useEffect } from 'react'
import type { RunState } from '../../client.ts'
import { changeText } from './changes.ts'
import type { Edits } from './use-edits.ts'
import './editing.css'

interface Props {
  readonly edits: Edits
  readonly nodes: RunState['nodes']
}

/** How many changes are told in words. */
const TOLD = 3

export function EditBar({ edits, nodes }: Props) {
  const { changes, problem, isTraining, lost } = edits
  useUndoKey(edits.undo, changes.length > 0 && !isTraining)
  if (changes.length === 0 && lost === 0 && !problem) return null
  const told = changes.slice(-TOLD)
  const more = changes.length - told.length
  return (
    <section className="edit-bar" aria-label="Changes of the graph">
      {lost > 0 ? (
        <p role="status">
          Somebody else has edited the graph meanwhile, so your{' '}
          {lost === 1 ? 'change is' : `${lost} changes are`} not in it.
        </p>
      ) : (
        <div className="edit-words">
          {changes.length > 0 && (
            <p role="status">
              <strong>{changes.length === 1 ? '1 change' : `${changes.length} changes`}</strong>{' '}
              {more > 0 && '… '}
              {told.map(change => changeText(change, nodes)).join('; ')}
            </p>
          )}
          {problem ? (
            <p className="refused" role="alert">
              {problem.message}
            </p>
          ) : (
            <p className="quiet">
              The run goes on as it is. Training the new graph begins anew, with new weights.
            </p>
          )}
        </div>
      )}
      <div className="buttons">
        {lost > 0 ? (
          <>
            <button type="button" onClick={edits.discard}>
              Dismiss
            </button>
            <button type="button" className="primary" onClick={edits.retry}>
              Make them again
            </button>
          </>
        ) : (
          <>
            <button type="button" disabled={changes.length === 0 || isTraining} onClick={edits.undo}>
              Undo
            </button>
            <button type="button" disabled={isTraining} onClick={edits.discard}>
              Discard
            </button>
            <button
              type="button"
              className="primary"
              disabled={changes.length === 0 || isTraining}
              aria-busy={isTraining}
              onClick={() => void edits.train()}
            >
              Train this graph
            </button>
          </>
        )}
      </div>
    </section>
  )
}

/** Ctrl Z takes back the latest change of the graph, and only then one of a hyper-parameter. */
function useUndoKey(undo: () => void, isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return
    const listen = (event: KeyboardEvent) => {
      const { target, key, altKey, ctrlKey, metaKey, shiftKey } = event
      const isTyped = target instanceof HTMLElement && target.matches(TYPED)
      if (key.toLowerCase() !== 'z' || ctrlKey === metaKey || altKey || shiftKey || isTyped) return
      event.preventDefault()
      undo()
    }
    // Before the controls hear it.
    addEventListener('keydown', listen, { capture: true })
    return () => removeEventListener('keydown', listen, { capture: true })
  }, [undo, isOn])
}

/** Fields that undo themselves. */
const TYPED = 'textarea, input:not([type=checkbox], [type=radio], [type=range])'
