/** Records keyed by names that users choose: `constructor` is a name like any other. */

/** Inherits nothing, so it has exactly these names. */
export const recordOf = <T>(entries: Iterable<readonly [string, T]>): Readonly<Record<string, T>> =>
  Object.assign(Object.create(null), Object.fromEntries(entries))
