/** What is planned for the graph, above the foot of the page: to train it, or to leave it. */
import { useContext } from 'react'
import { useChord } from '../hooks.ts'
import { type Configs, changeText } from './changes.ts'
import { type Edits, EditsContext, isMoved } from './use-edits.ts'
import './editing.css'

/** How many changes are told in words. */
const TOLD = 3

interface Props {
  readonly edits: Edits
}

/** Nothing, unless something is planned. */
export function EditBar() {
  const edits = useContext(EditsContext)
  return edits && <Bar edits={edits} />
}

function Bar({ edits }: Props) {
  const { changes, lost, problem, isTraining } = edits
  const isEmpty = !isMoved(edits) && changes.length === 0
  const isLost = isMoved(lost) || lost.changes.length > 0
  // The latest change of the graph is taken back, and only then one of a hyper-parameter.
  useChord('z', false, edits.undo, !isEmpty && !isTraining, true)
  if (isEmpty && !isLost && !problem) return null
  return (
    <section className="edit-bar" aria-label="Changes of the graph">
      {isLost ? (
        <p role="status">Somebody else has edited the graph meanwhile, so {lostText(lost)}.</p>
      ) : (
        <div className="edit-words">
          {!isEmpty && <Words edits={edits} />}
          {problem ? (
            <p className="refused" role="alert">
              {problem.message}
            </p>
          ) : (
            <p className="quiet">
              The run goes on as it is. Training {isMoved(edits) ? 'this' : 'the new'} graph begins anew, with
              new weights.
            </p>
          )}
        </div>
      )}
      <div className="buttons">
        {isLost ? (
          <>
            <button type="button" onClick={edits.discard}>
              Dismiss
            </button>
            {/* Changes of another graph may mean something else in this one. */}
            {!isMoved(lost) && (
              <button type="button" className="primary" onClick={edits.retry}>
                Make them again
              </button>
            )}
          </>
        ) : (
          <>
            <button type="button" disabled={isEmpty || isTraining} onClick={edits.undo}>
              Undo
            </button>
            <button type="button" disabled={isTraining} onClick={edits.discard}>
              Discard
            </button>
            <button
              type="button"
              className="primary"
              disabled={isEmpty || isTraining}
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

function Words({ edits }: Props) {
  const { moved, changes, present, before } = edits
  return (
    <p role="status">
      {isMoved(edits) && (
        <>
          <strong>{wayText(edits)}</strong> <Told changes={moved} configs={present} />
          {changes.length > 0 && ', and '}
        </>
      )}
      {changes.length > 0 && (
        <>
          <strong>{changes.length === 1 ? '1 change' : `${changes.length} changes`}</strong>{' '}
          <Told changes={changes} configs={before} />
        </>
      )}
    </p>
  )
}

interface ToldProps {
  readonly changes: Edits['changes']
  readonly configs: Configs
}

/** The latest changes in words. */
function Told({ changes, configs }: ToldProps) {
  const told = changes.slice(-TOLD).map(change => changeText(change, configs))
  return `${changes.length > TOLD ? '… ' : ''}${told.join('; ')}`
}

const wayText = ({ back, forward }: Edits) => {
  if (forward > 0) return forward === 1 ? 'One edit forward' : `Forward by ${forward} edits`
  return back === 1 ? 'Back to the graph before' : `Back by ${back} edits`
}

const lostText = ({ back, forward, changes }: Edits['lost']) => {
  if (back > 0) return 'it was not taken back'
  if (forward > 0) return 'the edit was not made again'
  return changes.length === 1 ? 'your change is not in it' : `your ${changes.length} changes are not in it`
}
