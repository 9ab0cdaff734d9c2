/** Which scopes and groups of the graph are open; in the address by their names, or packed where that is long. */
import { useState } from 'react'
import { useInAddress } from './address.ts'
import { foldsOf, titleOfGroup, type Unit, usuallyOpened } from './groups.ts'

/** What stands in the address for none and for all of them; the usual ones are left out. */
const [NONE, ALL] = ['-', '*']
/** What begins a packed list: six scopes or groups a character, in the order of the graph. */
const PACKED = '~'
const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const BITS = 6
/** A longer list of names is packed, and a longer packed one stays out of the address; in characters. */
const [LONGEST, MOST] = [200, 2000]

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
  if (text.startsWith(PACKED)) return unpacked(text, foldsOf(units)) ?? usuallyOpened(units)
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
  if (text.length <= LONGEST) return text
  const short = packed(opened, all)
  return short.length <= MOST ? short : ''
}

function packed(opened: Opened, all: readonly string[]): string {
  const signs = Array.from({ length: Math.ceil(all.length / BITS) }, (_, i) => {
    const part = all.slice(i * BITS, (i + 1) * BITS)
    return SIGNS[part.reduce((sum, id, bit) => sum + (opened.has(id) ? 1 << bit : 0), 0)]
  })
  return PACKED + signs.join('')
}

/** Undefined for a text of another graph, or of none. */
function unpacked(text: string, all: readonly string[]): Opened | undefined {
  const numbers = Array.from(text.slice(PACKED.length), sign => SIGNS.indexOf(sign))
  if (numbers.length !== Math.ceil(all.length / BITS) || numbers.includes(-1)) return undefined
  return new Set(all.filter((_, i) => ((numbers[Math.floor(i / BITS)] as number) >> (i % BITS)) & 1))
}

/** Without what has a meaning in the address. */
const nameOf = (id: string) =>
  titleOfGroup(id).replace(/^[-*]$|^~|[%,]/g, sign => `%${sign.charCodeAt(0).toString(16)}`)
