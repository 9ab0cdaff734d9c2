/** The field that finds nodes: Enter leads from one to the next, Escape ends the search. */
import { type KeyboardEvent, type RefObject, useState } from 'react'
import { count } from './format.ts'
import { useKey } from './hooks.ts'

/** The most characters to search for. */
export const LONGEST = 100

interface Props {
  readonly field: RefObject<HTMLInputElement | null>
  readonly text: string
  readonly onType: (text: string) => void
  /** The ids of what was found, and its types. */
  readonly hits: readonly string[]
  readonly typeOf: (id: string) => string
  /** Called to show one that was found. */
  readonly onShow: (id: string) => void
  /** Called when the search ends, with the node that was shown last. */
  readonly onEnd: (id: string | undefined) => void
}

export function GraphSearch({ field, text, onType, hits, typeOf, onShow, onEnd }: Props) {
  const [present, setPresent] = useState<string>()
  useKey('/', () => field.current?.focus(), true)
  const at = present === undefined ? -1 : hits.indexOf(present)
  const walk = (by: number) => {
    const next = hits[at < 0 ? (by > 0 ? 0 : hits.length - 1) : (at + by + hits.length) % hits.length]
    if (next === undefined) return
    setPresent(next)
    onShow(next)
  }
  const listen = (event: KeyboardEvent) => {
    if (event.key === 'Enter') walk(event.shiftKey ? -1 : 1)
    else if (event.key === 'Escape') {
      onType('')
      setPresent(undefined)
      onEnd(present)
    } else return
    event.preventDefault()
  }
  return (
    <search className="graph-search">
      <input
        ref={field}
        type="search"
        aria-label="Find nodes by name, type or scope"
        aria-keyshortcuts="/"
        placeholder="Find a node  /"
        title="Enter shows the next one, Shift and Enter the one before, Escape ends the search"
        maxLength={LONGEST}
        value={text}
        onChange={({ target }) => onType(target.value)}
        onKeyDown={listen}
      />
      <output aria-live="polite">
        {text.trim() !== '' &&
          (present === undefined || at < 0 ? (
            countText(hits.length)
          ) : (
            <>
              {count(at + 1)} of {count(hits.length)}
              <span className="hidden">
                : {present}, {typeOf(present)}
              </span>
            </>
          ))}
      </output>
    </search>
  )
}

const countText = (length: number) =>
  length === 0 ? 'none' : `${count(length)} ${length === 1 ? 'node' : 'nodes'}`
