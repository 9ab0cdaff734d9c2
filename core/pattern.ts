/** Patterns of names, such as `*.bias`. */

/** Whether a name fits a pattern, in which each `*` stands for any characters or none. What has no `*` is no pattern. */
export function fitsPattern(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined || !name.startsWith(first)) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return name.endsWith(last) && at + last.length <= name.length
}
