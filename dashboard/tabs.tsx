/** Tabs with the usual keyboard behaviour: one tab stop, and arrows between them. */
import { type KeyboardEvent, useId } from 'react'

interface Props {
  /** Their label for screen readers. */
  readonly label: string
  readonly names: readonly string[]
  readonly chosen: string
  readonly onChoose: (name: string) => void
  /** The ids of tabs and panel; see `useTabs`. */
  readonly ids: TabIds
}

interface TabIds {
  readonly panel: string
  tab(index: number): string
}

export function useTabs(): TabIds {
  const id = useId()
  return { panel: `${id}panel`, tab: index => `${id}tab${index}` }
}

/** The attributes that make an element the panel of the chosen tab. */
export const panelOf = (ids: TabIds, chosen: number) => ({
  id: ids.panel,
  role: 'tabpanel',
  'aria-labelledby': ids.tab(chosen),
})

export function Tabs({ label, names, chosen, onChoose, ids }: Props) {
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const at = names.indexOf(chosen)
    const { length } = names
    const places: Record<string, number> = {
      ArrowRight: (at + 1) % length,
      ArrowLeft: (at + length - 1) % length,
      Home: 0,
      End: length - 1,
    }
    const next = places[event.key]
    if (next === undefined) return
    event.preventDefault()
    onChoose(names[next] as string)
    document.getElementById(ids.tab(next))?.focus()
  }
  return (
    <div className="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {names.map((name, i) => (
        <button
          key={name}
          id={ids.tab(i)}
          type="button"
          role="tab"
          aria-selected={name === chosen}
          aria-controls={ids.panel}
          tabIndex={name === chosen ? 0 : -1}
          onClick={() => onChoose(name)}
        >
          {name}
        </button>
      ))}
    </div>
  )
}
