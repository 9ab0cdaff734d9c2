/** What the browser keeps for this address: texts by name. A browser that keeps nothing is none the worse for it. */

const PREFIX = 'gradstream.'

export function kept(name: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + name) ?? undefined
  } catch {
    return undefined
  }
}

/** Returns whether it could be kept. */
export function keep(name: string, text: string): boolean {
  try {
    localStorage.setItem(PREFIX + name, text)
    return true
  } catch {
    return false
  }
}
