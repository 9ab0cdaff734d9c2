/** Paths into plain objects and lists. */

export type Path = readonly string[]

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** Where values of a type stand: all options, and the first two entries of a list. */
export function pathsIn(value: unknown, type: string): Path[] {
  const entries = Array.isArray(value)
    ? value.slice(0, 2).map((inner, i) => [String(i), inner] as const)
    : isPlain(value)
      ? Object.entries(value)
      : []
  return entries.flatMap(([name, inner]): Path[] =>
    typeof inner === type ? [[name]] : pathsIn(inner, type).map(path => [name, ...path]),
  )
}

/** A copy with another value at a path. */
export function replaced(value: unknown, [name, ...rest]: Path, by: unknown): unknown {
  if (name === undefined) return by
  const inner = replaced((value as Record<string, unknown>)[name], rest, by)
  if (Array.isArray(value)) return value.with(Number(name), inner)
  return { ...(value as object), [name]: inner }
}

/** The paths of all keys of plain objects. */
export function keysIn(value: unknown, depth = 0): Path[] {
  if (!isPlain(value) || depth > 2) return []
  return Object.entries(value).flatMap(([name, inner]): Path[] =>
    inner === undefined ? [] : [[name], ...keysIn(inner, depth + 1).map(path => [name, ...path])],
  )
}

/** A copy in which the key at a path has another name. */
export function renamed(value: unknown, [name, ...rest]: Path, to: string): unknown {
  const own = value as Record<string, unknown>
  if (rest.length > 0) return { ...own, [name as string]: renamed(own[name as string], rest, to) }
  const { [name as string]: inner, ...others } = own
  return { ...others, [to]: inner }
}
