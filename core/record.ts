/** Records keyed by names that people give: `constructor` and `__proto__` are names like any other. */

import { immerable } from 'immer'

/** How Node's console is told what to show. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/**
 * It inherits nothing, so it has the names that it was given and no others. An object that is made with the prototype null
 * would do as well, but engines keep such a one as a table, which takes several times as long to look up.
 */
const Bare = function Bare() {} as unknown as new () => object
Bare.prototype = Object.create(null, {
  [immerable]: { value: true },
  [INSPECT]: {
    value(this: object) {
      return { ...this }
    },
  },
})

/** A record with these entries, and nothing else. */
export function recordOf<T>(entries: Iterable<readonly [name: string, value: T]> = []): Record<string, T> {
  const record = new Bare() as Record<string, T>
  for (const [name, value] of entries) record[name] = value
  return record
}

/** What somebody's object has under a name of its own: whatever it inherits is no entry. */
export const entryOf = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

/** Whether a value is an object that holds data by name: a plain one, or one made by `recordOf`. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  let prototype: unknown
  try {
    prototype = Object.getPrototypeOf(value)
  } catch {
    return false
  }
  return prototype === Object.prototype || prototype === Bare.prototype || prototype === null
}

/** JSON data with a record in the place of each object. */
export function asRecords<T>(value: T): T {
  if (Array.isArray(value)) return value.map(asRecords) as T
  if (!isRecord(value)) return value
  return recordOf(Object.entries(value).map(([name, inner]) => [name, asRecords(inner)] as const)) as T
}
