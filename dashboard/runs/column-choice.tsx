/** Which columns the table shows. */
import { useCallback, useRef } from 'react'
import { useEscape } from '../hooks.ts'
import { type Column, GROUPS } from './columns.ts'

interface Props {
  readonly columns: readonly Column[]
  readonly shown: readonly string[]
  /** An empty list for the usual ones. */
  readonly onChoose: (ids: readonly string[]) => void
}

export function ColumnChoice({ columns, shown, onChoose }: Props) {
  const box = useRef<HTMLDetailsElement>(null)
  const close = useCallback(() => box.current?.removeAttribute('open'), [])
  useEscape(close, true)
  const toggle = (id: string, isShown: boolean) =>
    onChoose(isShown ? [...shown, id] : shown.filter(other => other !== id))
  return (
    <details className="column-choice" ref={box}>
      <summary>Columns</summary>
      <div className="choices">
        {GROUPS.map(group => {
          const own = columns.filter(column => column.group === group && column.id !== 'name')
          if (own.length === 0) return null
          return (
            <fieldset key={group}>
              <legend>{group}</legend>
              {own.map(({ id, title }) => (
                <label key={id}>
                  <input
                    type="checkbox"
                    checked={shown.includes(id)}
                    onChange={({ target }) => toggle(id, target.checked)}
                  />{' '}
                  {title}
                </label>
              ))}
            </fieldset>
          )
        })}
        <button type="button" onClick={() => onChoose([])}>
          The usual ones
        </button>
      </div>
    </details>
  )
}
