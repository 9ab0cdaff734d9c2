/** Records keyed by names that people give: one such as `constructor` is a name like any other. */

/** It inherits nothing, so it has these names and no others. */
export const recordOf = <T>(entries: Iterable<readonly [string, T]>): Readonly<Record<string, T>> =>
  Object.assign(Object.create(null), Object.fromEntries(entries))
