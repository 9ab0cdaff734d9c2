/** The panel of a node that no run has yet: there is nothing to see of it but what it will be. */
import type { NodeInfo } from '../../client.ts'
import { CurveFigure } from '../curve-line.tsx'
import { curveOf } from '../curves.ts'
import { count, shapeText } from '../format.ts'
import { useInSight } from '../hooks.ts'
import { Icon } from '../icon.tsx'
import { NodeEditor } from './node-editor.tsx'
import type { Edits } from './use-edits.ts'

interface Props {
  readonly id: string
  readonly info: NodeInfo
  readonly edits: Edits
  readonly onOpen: (id: string | undefined) => void
}

export function DraftPanel({ id, info, edits, onOpen }: Props) {
  const curve = curveOf(info)
  return (
    <section className="panel opened" aria-label={`Node ${id}`} ref={useInSight(id)}>
      <div className="panel-head">
        <div>
          <h2>{id}</h2>
          <small>
            {info.type}
            {info.shape.length > 0 && `, ${shapeText(info.shape)}`}
            {info.parameters > 0 && `, ${count(info.parameters)} parameters`}
          </small>
        </div>
        <button type="button" onClick={() => onOpen(undefined)} aria-label="Close the node">
          <Icon name="close" />
        </button>
      </div>
      {curve && <CurveFigure curve={curve} />}
      <NodeEditor id={id} info={info} edits={edits} onOpen={onOpen} />
      <p className="quiet">A new node. Its values and gradients show here when the graph is trained.</p>
    </section>
  )
}
