/** The changes of the graph so far, above the foot of the page: to train them, or to leave them. */
import type { RunState } from '../../client.ts'
import { useChord } from '../hooks.ts'
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
  // The latest change of the graph is taken back, and only then one of a hyper-parameter.
  useChord('z', false, edits.undo, changes.length > 0 && !isTraining, true)
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
