/** Sorts runs by a column. */
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import type { Column, Value } from './columns.ts'

/** `began` for the lowest first, `-began` for the highest. */
export type Order = string

export const orderOf = (order: Order): { id: string; isFalling: boolean } =>
  order.startsWith('-') ? { id: order.slice(1), isFalling: true } : { id: order, isFalling: false }

/** What a click on the head of a column makes of the order: first the usual way round, then the other. */
export function turned(order: Order, { id, isNumber }: Column): Order {
  const now = orderOf(order)
  if (now.id !== id) return isNumber && !/loss|error/i.test(id) ? `-${id}` : id
  return now.isFalling ? id : `-${id}`
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** In a new list. Runs that have nothing there come last, whichever way round; equal ones stay in their order. */
export function sorted(runs: readonly RunRow[], column: Column, isFalling: boolean): RunRow[] {
  const keyed = runs.map(row => ({ row, value: column.of(row) }))
  const way = isFalling ? -1 : 1
  keyed.sort((a, b) => {
    const [noA, noB] = [isNothing(a.value), isNothing(b.value)]
    if (noA || noB) return Number(noA) - Number(noB)
    return way * compared(a.value, b.value)
  })
  return keyed.map(({ row }) => row)
}

const isNothing = (value: Value) => value == null || value === '' || Number.isNaN(value)

/** Numbers before texts. */
function compared(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b || 0
  if (typeof a === 'number' || typeof b === 'number') return typeof a === 'number' ? -1 : 1
  return collator.compare(String(a), String(b))
}
