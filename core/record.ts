/** Records keyed by names that users choose: `constructor` and `__proto__` are names like any other. */

import { immerable } from 'immer'

/** The method that Node's console calls to show an object. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/**
 * Inherits nothing, so it has exactly the names it was given. `Object.create(null)` would do too, but engines
 * store such objects as hash tables, and look-ups take several times as long.
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

/** A record with exactly these entries. */
export function recordOf<T>(entries: Iterable<readonly [name: string, value: T]> = []): Record<string, T> {
  const record = new Bare() as Record<string, T>
  for (const [name, value] of entries) record[name] = value
  return record
}

/** The entry of an object under a name. Inherited properties do not count. */
export const entryOf = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

/** Whether a value is a plain object, or one made by `recordOf`. */
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

/** JSON data with each object replaced by a record. */
export function asRecords<T>(value: T): T {
  if (Array.isArray(value)) return value.map(asRecords) as T
  if (!isRecord(value)) return value
  return recordOf(Object.entries(value).map(([name, inner]) => [name, asRecords(inner)] as const)) as T
}
