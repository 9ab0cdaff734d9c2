/** Which scopes and groups of the graph are open; in the address as far as that is short. */
import { useState } from 'react'
import { useInAddress } from './address.ts'
import { foldsOf, titleOfGroup, type Unit, usuallyOpened } from './groups.ts'

/** What stands in the address for none and for all of them; the usual ones are left out. */
const [NONE, ALL] = ['-', '*']
/** A longer list stays out of the address; in characters. */
const LONGEST = 600

type Opened = ReadonlySet<string>

export function useOpened(units: readonly Unit[]): [Opened, (opened: Opened) => void] {
  const [kept, keep] = useInAddress('open')
  const [opened, setOpened] = useState(() => openedBy(kept, units))
  const open = (next: Opened) => {
    setOpened(next)
    keep(textOf(next, units))
  }
  return [opened, open]
}

export function openedBy(text: string, units: readonly Unit[]): Opened {
  if (text === '') return usuallyOpened(units)
  if (text === NONE) return new Set()
  const names = text.split(',')
  return new Set(foldsOf(units).filter(id => text === ALL || names.includes(nameOf(id))))
}

export function textOf(opened: Opened, units: readonly Unit[]): string {
  const usual = usuallyOpened(units)
  if (opened.size === usual.size && [...usual].every(id => opened.has(id))) return ''
  if (opened.size === 0) return NONE
  const all = foldsOf(units)
  if (all.every(id => opened.has(id))) return ALL
  const text = [...opened].map(nameOf).join(',')
  return text.length > LONGEST ? '' : text
}

/** Without what has a meaning in the address. */
const nameOf = (id: string) =>
  titleOfGroup(id).replace(/^[-*]$|[%,]/g, sign => `%${sign.charCodeAt(0).toString(16)}`)
