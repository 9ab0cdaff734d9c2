/** The words of a name, between which a line may break: `categoricalCrossentropy1` has two, `residual3/dense1` as well. */
export const wordsOf = (name: string): string[] => name.split(/(?<=[/ ])|(?<=[a-z0-9])(?=[A-Z])/)

/** Names in as many lines as they need in a width, each word whole; undefined if a word or a line is too much. */
export function linesOf(
  words: readonly string[],
  widthOf: (word: string) => number,
  width: number,
  most: number,
): string[] | undefined {
  const lines: string[] = []
  let left = 0
  for (const word of words) {
    const needed = widthOf(word.trimEnd())
    if (needed > width) return undefined
    if (needed <= left) lines.push(`${lines.pop() ?? ''}${word}`)
    else lines.push(word)
    left = (needed <= left ? left : width) - widthOf(word)
  }
  return lines.length > most ? undefined : lines.map(line => line.trimEnd())
}
