/**
 * The search: words that a run has, and conditions on its columns.
 *
 *     wide status:finished validationLoss<0.3 -tags:old dense1.units=16|32
 */
import type { RunRow } from '../../runtime/runs-page/answers.ts'
import type { Column } from './columns.ts'

export interface Term {
  /** As it was written. */
  readonly text: string
  readonly isNot: boolean
  /** The column, and how it is compared; none for a word. */
  readonly column?: Column
  readonly sign?: Sign
  readonly value: string
}

const SIGNS = ['<=', '>=', '<', '>', '=', ':'] as const
type Sign = (typeof SIGNS)[number]

export interface Search {
  readonly terms: readonly Term[]
  /** What was not understood, in words. */
  readonly problem: string | undefined
}

/** Terms are separated by spaces, except between quotes. */
const TERM = /(?:[^\s"]|"[^"]*"?)+/g
const CONDITION = /^([^<>=:]+)(<=|>=|<|>|=|:)(.+)$/

export function searchOf(query: string, columns: readonly Column[]): Search {
  const problems: string[] = []
  const terms = (query.match(TERM) ?? []).map((text): Term => {
    const isNot = text.length > 1 && text.startsWith('-')
    const body = unquoted(isNot ? text.slice(1) : text)
    const [, name, sign, value] = CONDITION.exec(body) ?? []
    if (name === undefined || sign === undefined || value === undefined) return { text, isNot, value: body }
    const column = columnNamed(name, columns)
    if (!column) {
      problems.push(`There is no column "${name}".`)
      return { text, isNot, value: body }
    }
    if (/[<>]/.test(sign) && Number.isNaN(Number(value))) problems.push(`"${value}" is not a number.`)
    return { text, isNot, column, sign: sign as Sign, value }
  })
  return { terms, problem: problems[0] }
}

/** By its whole name, or by the last part of it: `learningRate` for `sgd1.learningRate`. The best comes before the last. */
function columnNamed(name: string, columns: readonly Column[]): Column | undefined {
  const wanted = name.toLowerCase()
  const isAs = (text: string) => text.toLowerCase() === wanted
  return (
    columns.find(({ id }) => isAs(id)) ?? columns.find(({ id }) => isAs(id.slice(id.lastIndexOf('.') + 1)))
  )
}

export const found = (runs: readonly RunRow[], { terms }: Search): RunRow[] =>
  runs.filter(row => terms.every(term => holds(row, term) !== term.isNot))

function holds(row: RunRow, { column, sign, value }: Term): boolean {
  if (!column || !sign) return textOf(row).includes(value.toLowerCase())
  const has = column.of(row)
  if (sign === ':') return column.text(row).toLowerCase().includes(value.toLowerCase())
  if (sign === '=')
    return value
      .split('|')
      .some(one => has != null && (String(has) === one || (typeof has === 'number' && has === Number(one))))
  if (typeof has !== 'number') return false
  const limit = Number(value)
  if (sign === '<') return has < limit
  if (sign === '>') return has > limit
  return sign === '<=' ? has <= limit : has >= limit
}

/** What words are looked for in. */
const textOf = ({ name, folder, runId, status, author, tags, notes }: RunRow) =>
  [name, folder, runId, status, author, ...tags, notes].join('\n').toLowerCase()

const unquoted = (text: string) => text.replaceAll('"', '')
const quoted = (text: string) => (/\s/.test(text) ? `"${text}"` : text)

/** The part of a column that the search leaves: by `>=` and `<=`, or by `=`. */
export interface Part {
  readonly range?: readonly [number, number]
  readonly values?: readonly string[]
}

/** What the search says of a column. */
export function partOf({ terms }: Search, id: string): Part {
  const own = terms.filter(({ column, isNot }) => column?.id === id && !isNot)
  const limit = (sign: Sign) => own.findLast(term => term.sign === sign)?.value
  const [low, high, values] = [limit('>='), limit('<='), limit('=')]
  return {
    ...((low !== undefined || high !== undefined) && {
      range: [Number(low ?? Number.NEGATIVE_INFINITY), Number(high ?? Number.POSITIVE_INFINITY)] as const,
    }),
    ...(values !== undefined && { values: values.split('|') }),
  }
}

/** The same search with another part of a column; all of it without one. */
export function withPart({ terms }: Search, id: string, { range, values }: Part): string {
  const others = terms.filter(
    ({ column, sign, isNot }) => column?.id !== id || isNot || !['<=', '>=', '='].includes(sign ?? ''),
  )
  const added = [
    ...(range ? [`${id}>=${range[0]}`, `${id}<=${range[1]}`] : []),
    ...(values ? [`${id}=${values.join('|')}`] : []),
  ]
  return [...others.map(({ text }) => text), ...added.map(quoted)].join(' ')
}
