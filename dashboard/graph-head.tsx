/** Above the graph: the direction and the zoom. */
import type { Direction } from './graph-drawn.ts'
import { Note } from './note.tsx'

interface Props {
  /** A note on its figures. */
  readonly note: string | false
  readonly direction: Direction
  readonly onTurn: (direction: Direction) => void
  /** Present if there are closed or opened groups. */
  readonly onOpenAll?: () => void
  readonly onCloseAll?: () => void
  readonly onZoom: (way: 'zoomIn' | 'zoomOut') => void
  readonly onShowAll: () => void
}

export function GraphHead({ note, direction, onTurn, onOpenAll, onCloseAll, onZoom, onShowAll }: Props) {
  return (
    <div className="panel-head">
      <h2>Graph</h2>
      <button type="button" className="skip" onClick={skip}>
        Skip to the controls
      </button>
      <fieldset className="switch">
        <legend className="hidden">Edges show</legend>
        {(['forward', 'backward'] as const).map(name => (
          <label key={name}>
            <input type="radio" name="direction" checked={direction === name} onChange={() => onTurn(name)} />
            {name === 'forward' ? 'values →' : '← gradients'}
          </label>
        ))}
      </fieldset>
      <Note>{note}</Note>
      <span className="spacer" />
      {onOpenAll && (
        <button type="button" onClick={onOpenAll}>
          Open all groups
        </button>
      )}
      {onCloseAll && (
        <button type="button" onClick={onCloseAll}>
          Close all groups
        </button>
      )}
      <div className="zoom">
        <button type="button" aria-label="Zoom out" title="Zoom out" onClick={() => onZoom('zoomOut')}>
          −
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => onZoom('zoomIn')}>
          +
        </button>
        <button type="button" title="Show the whole graph" onClick={onShowAll}>
          Fit
        </button>
      </div>
    </div>
  )
}

/** Lets keyboard users skip the nodes. */
function skip() {
  document.querySelector<HTMLElement>('.controls :is(button, input):enabled')?.focus()
}
