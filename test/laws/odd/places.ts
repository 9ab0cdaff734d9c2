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
