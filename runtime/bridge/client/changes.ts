/** Applies changes from a bridge to a state. Any name is valid, even `__proto__`. */
import { asRecords, isRecord, recordOf } from '../../../core/index.ts'
import type { Change } from '../protocol.ts'

type Container = Record<string | number, unknown> | unknown[]

/**
 * A frozen copy of a value with changes applied. Untouched parts are shared.
 *
 * @throws Error if a path leads nowhere
 */
export function changed<T>(value: T, changes: readonly Change[]): T {
  // Copies made for these changes may be changed in place.
  const own = new Set<Container>()
  const copyOf = (container: unknown): Container => {
    if (own.has(container as Container)) return container as Container
    if (!Array.isArray(container) && !isRecord(container)) throw new Error('there is nothing to change')
    const copy = Array.isArray(container) ? [...container] : recordOf(Object.entries(container))
    own.add(copy)
    return copy
  }
  const root = { value: value as unknown }
  for (const { op, path, value: given } of changes) {
    let parent: Container = root as never
    let place: string | number = 'value'
    for (const key of path) {
      const inner = copyOf(at(parent, place))
      set(parent, place, inner)
      parent = inner
      place = key
    }
    if (op === 'remove') remove(parent, place)
    else if (op === 'add' && Array.isArray(parent)) parent.splice(indexIn(parent, place, 0), 0, frozen(given))
    else set(parent, place, frozen(given))
  }
  for (const container of own) Object.freeze(container)
  return root.value as T
}

function at(container: Container, place: string | number): unknown {
  if (!Object.hasOwn(container, place)) throw new Error(`there is no ${place}`)
  return (container as Record<string | number, unknown>)[place]
}

function set(container: Container, place: string | number, value: unknown): void {
  if (!Array.isArray(container)) container[place] = value
  else if (place === 'length') container.length = value as number
  else container[indexIn(container, place, 0)] = value
}

function remove(container: Container, place: string | number): void {
  at(container, place)
  if (Array.isArray(container)) container.splice(indexIn(container, place, 1), 1)
  else delete container[place]
}

/** An existing index, or the next one. */
function indexIn(list: readonly unknown[], place: string | number, needed: number): number {
  if (typeof place === 'number' && Number.isInteger(place) && place >= 0 && place + needed <= list.length)
    return place
  throw new Error(`there is no entry ${place}`)
}

/** JSON data as records, deeply frozen. */
export function frozen<T>(value: T): T {
  return deepFrozen(asRecords(value))
}

function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) deepFrozen(inner)
  return Object.freeze(value)
}
