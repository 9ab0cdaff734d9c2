/** Plain tables, drawn with lines: for terminals and pages alike, where the package that the terminal uses asks for Node. */

export type Align = 'left' | 'right'

/**
 * Cells may have several lines.
 *
 * @example
 * table(['node', 'size'], [['dense1', '12']], ['left', 'right'])
 * // ┌────────┬──────┐
 * // │ node   │ size │
 * // ├────────┼──────┤
 * // │ dense1 │   12 │
 * // └────────┴──────┘
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly Align[],
): string {
  const all = [head, ...rows].map(cells => cells.map(cell => cell.split('\n')))
  const widths = head.map((_, column) =>
    Math.max(...all.flatMap(cells => (cells[column] ?? []).map(widthOf))),
  )
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map(width => '─'.repeat(width + 2)).join(middle) + right
  const padded = (text: string, column: number) => {
    const room = ' '.repeat((widths[column] as number) - widthOf(text))
    return align[column] === 'right' ? room + text : text + room
  }
  const lines = all.map(cells =>
    Array.from(
      { length: Math.max(...cells.map(({ length }) => length)) },
      (_, line) => `│ ${head.map((_, column) => padded(cells[column]?.[line] ?? '', column)).join(' │ ')} │`,
    ),
  )
  const [first, ...others] = lines
  return [rule('┌', '┬', '┐'), first, rule('├', '┼', '┤'), ...others, rule('└', '┴', '┘')].flat().join('\n')
}

const WIDE =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u
const NONE = /\p{Mark}|\p{Control}|\p{Format}/u

/** How many columns of a terminal a text takes. */
function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += WIDE.test(character) ? 2 : NONE.test(character) ? 0 : 1
  return width
}
