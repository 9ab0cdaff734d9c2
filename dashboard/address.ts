/** The view in the query of the address, so that a link shows the same. The token is not part of it: it follows the `#`. */
import { useCallback, useState } from 'react'

/** Browsers refuse frequent changes of the address, so several become one; in milliseconds. */
const REST = 400

/** Begins the query. The bridge answers no others, so that nobody gets used to tokens in a query, which servers log. */
const MARK = 'view'

/** What is not yet in the address. */
let changed: URLSearchParams | undefined

function present(): URLSearchParams {
  if (changed) return changed
  const view = new URLSearchParams(location.search)
  view.delete(MARK)
  return view
}

/** The query with the view in it; none for the usual view. */
function query(parts = present()): string {
  const view = parts.toString()
  return view === '' ? '' : `${MARK}&${view}`
}

function keep(name: string, value: string): void {
  if (!changed) {
    changed = present()
    setTimeout(write, REST)
  }
  if (value === '') changed.delete(name)
  else changed.set(name, value)
}

function write(): void {
  const url = new URL(location.href)
  url.search = query()
  changed = undefined
  history.replaceState(history.state, '', url)
}

/** Part of the view under a name in the address; an empty text, its usual choice, is left out. */
export function useInAddress(name: string): [string, (value: string) => void] {
  const [value, setValue] = useState(() => present().get(name) ?? '')
  const choose = useCallback(
    (next: string) => {
      setValue(next)
      keep(name, next)
    },
    [name],
  )
  return [value, choose]
}

/** The address of this page with its view, without the token. `pinned` has what it names where nobody has chosen. */
export function linkToView(pinned: Readonly<Record<string, string>> = {}): string {
  const url = new URL(location.href)
  url.search = query(new URLSearchParams({ ...pinned, ...Object.fromEntries(present()) }))
  url.hash = ''
  return url.href
}

/** Whether a phone shows all of the run, as other screens do. */
export const isWhole = (): boolean => present().get('page') === 'whole'

export const keepWhole = (): void => keep('page', 'whole')

/** Removes parts of the view, or all of it. */
export function forgetView(
  names: readonly string[] = [...present().keys()].filter(name => name !== 'page'),
): void {
  for (const name of names) keep(name, '')
}
