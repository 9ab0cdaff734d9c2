/** A list in the address. Names can have any character, so it is JSON. */

/** What is no list of texts is an empty one. */
export function listIn(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? [...new Set(list.filter(item => typeof item === 'string'))] : []
  } catch {
    return []
  }
}

export const textOfList = (list: readonly string[]): string => JSON.stringify(list)
