/** Above the graph: the direction and the zoom. */
import type { ReactNode } from 'react'
import { EditHint } from './editing/edit-hint.tsx'
import type { Direction } from './graph-drawn.ts'
import { Icon } from './icon.tsx'

interface Props {
  /** The field that finds nodes. */
  readonly search: ReactNode
  readonly direction: Direction
  readonly onTurn: (direction: Direction) => void
  /** Present if something is folded, or can be. */
  readonly onUnfoldAll?: () => void
  readonly onFoldAll?: () => void
  readonly onZoom: (way: 'zoomIn' | 'zoomOut') => void
  readonly onShowAll: () => void
}

export function GraphHead({ search, direction, onTurn, onUnfoldAll, onFoldAll, onZoom, onShowAll }: Props) {
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
      {search}
      <EditHint />
      <span className="spacer" />
      {onUnfoldAll && (
        <button type="button" onClick={onUnfoldAll}>
          Unfold all
        </button>
      )}
      {onFoldAll && (
        <button type="button" onClick={onFoldAll}>
          Fold all
        </button>
      )}
      <div className="zoom">
        <button type="button" aria-label="Zoom out" title="Zoom out" onClick={() => onZoom('zoomOut')}>
          <Icon name="minus" />
        </button>
        <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => onZoom('zoomIn')}>
          <Icon name="plus" />
        </button>
        <button type="button" title="Show the whole graph" onClick={onShowAll}>
          Fit
        </button>
      </div>
    </div>
  )
}

/** Lets keyboard users skip the nodes, to the commands if they may give any. */
function skip() {
  const firstIn = (panel: string) =>
    document.querySelector<HTMLElement>(`${panel} :is(button, input):enabled`)
  const first = firstIn('.controls .buttons') ?? firstIn('.controls')
  first?.focus()
}
