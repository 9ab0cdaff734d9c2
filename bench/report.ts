/** The report: sections with one table each, shown in the terminal and appended to RESULTS.md. */
import { appendFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import Table from 'cli-table3'

export interface Section {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What was measured, and how. */
  readonly notes: readonly string[]
}

export interface Settings {
  /** Does a tenth of the work, to check that everything runs. */
  readonly quick: boolean
}

const RESULTS = new URL('RESULTS.md', import.meta.url)

export function show({ title, head, rows, notes }: Section): void {
  const colAligns = head.map((_, i) => (i === 0 ? 'left' : 'right') as 'left' | 'right')
  const table = new Table({ head: [...head], colAligns, style: { head: [], border: [], compact: true } })
  // A row leaves its first cell empty if it equals the one above, so that groups stand out.
  rows.forEach((row, i) => {
    const repeated = row[0] === rows[i - 1]?.[0] && row.length > 2
    table.push(repeated ? ['', ...row.slice(1)] : [...row])
  })
  console.log([`\n${title}`, table.toString(), ...notes].join('\n'))
}

/** One heading per run, then machine and versions, then its sections. */
export function append(heading: string, facts: readonly string[], sections: readonly Section[]): void {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const list = (texts: readonly string[]) => texts.map(text => `- ${text}`)
  const parts = sections.flatMap(({ title, head, rows, notes }) => [
    '',
    `### ${title}`,
    '',
    line(head),
    `|${head.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`,
    ...rows.map(line),
    '',
    ...list(notes),
  ])
  appendFileSync(RESULTS, `${['', `## ${heading}`, '', ...list(facts), ...parts].join('\n')}\n`)
}

/**
 * Makes a file runnable: on its own it prints its section, under `run.ts` it sends it there. Each measurement
 * has its own process, so that none runs on code that another one made the compiler specialize.
 */
export async function runnable(
  url: string,
  measure: (settings: Settings) => Promise<Section>,
): Promise<void> {
  if (pathToFileURL(process.argv[1] ?? '').href !== url) return
  const section = await measure({ quick: process.argv.includes('--quick') })
  if (process.send) process.send(section)
  else show(section)
  // Kernels may have threads that would keep the process alive.
  if (process.send) process.disconnect()
  setImmediate(() => process.exit())
}
