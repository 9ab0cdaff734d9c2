/** `model.explain()`: what a training step computes, and what was made one. */
import type { ExplainedPart } from '../../core/index.ts'
import { table } from './table.ts'

/** A training step as its kernels compute it. */
export interface Explanation {
  /** How a step runs at present. */
  readonly mode: string
  /** What is computed, in its order. */
  readonly parts: readonly ExplainedPart[]
}

const HEAD = ['', 'computes', 'for', 'read', 'written', 'time'] as const
const ALIGN = ['left', 'left', 'left', 'right', 'right', 'right'] as const

/** How long a line may be. */
const WIDTH = 48

export function asText({ mode, parts }: Explanation): string {
  const rows = parts.map(part => {
    const [kind, what, owners, ...figures] = cellsOf(part)
    return [kind, wrapped(what, ' '), wrapped(owners, ', '), ...figures]
  })
  return parts.length > 0 ? `${mode}\n${table([...HEAD], rows, ALIGN)}` : mode
}

export function asHtml({ mode, parts }: Explanation): string {
  const row = (tag: string, texts: readonly string[]) =>
    `<tr>${texts.map(text => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`
  const rows = parts.map(part => row('td', cellsOf(part))).join('')
  const body = parts.length > 0 ? `<table>${row('th', HEAD)}${rows}</table>` : ''
  return `<section><p>${escaped(mode)}</p>${body}</section>`
}

/** The texts of a row, one for each of `HEAD`. */
const cellsOf = ({
  kind,
  what,
  owners,
  read,
  written,
  share,
}: ExplainedPart): [kind: string, what: string, owners: string, ...figures: string[]] => {
  const time = share === undefined ? '' : `${(100 * share).toFixed(0)} %`
  return [kind, what, owners.join(', '), kibibytes(read), kibibytes(written), time]
}

const kibibytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`

function wrapped(text: string, separator: string): string {
  const lines: string[] = []
  for (const word of text.split(separator)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + separator.length + word.length <= WIDTH)
      lines[lines.length - 1] = last + separator + word
    else lines.push(word)
  }
  return lines.join(`${separator.trim()}\n`)
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
