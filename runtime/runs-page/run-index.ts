/** The runs of a directory, as far as they have been read. What is unchanged on the disk is not read again. */
import { statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { runFoldersIn } from '#run-folder'
import { GradstreamError } from '../../core/index.ts'
import { FILES } from '../runs/format.ts'
import { readRun } from '../runs/read-run.ts'
import { summaryIn } from '../runs/reading.ts'
import type { StoredRun } from '../runs/stored-run.ts'
import type { RunRow, RunsAnswer } from './answers.ts'
import { NOTES, notesIn } from './run-notes.ts'
import { rowOf, varied } from './run-row.ts'

/** How long to read before the first answer, and before later ones, in milliseconds. What is left comes with the next one. */
const [PATIENCE, LATER] = [300, 1000]
/** A run that seems to be going on is read again after so many milliseconds, since its process may be gone. */
const DOUBT = 5000
/** One that has ended is looked at again after so many. */
const REST = 10_000
/** How many whole runs are kept, so that their curves need not be read again. */
const KEPT = 16

interface Entry {
  readonly path: string
  /** Sizes and times of its files. */
  readonly print: string
  readonly readAt: number
  lookedAt: number
  readonly row?: RunRow
  readonly broken?: string
}

export class RunIndex {
  readonly directory: string
  /** Counts the answers that differ. */
  private revision = 0
  /** By the names of their folders. */
  private entries = new Map<string, Entry>()
  private unread = 0
  private answers = 0
  private answer: RunsAnswer | undefined
  private scanning: Promise<void> | undefined
  private readonly kept = new Map<string, { print: string; run: StoredRun }>()
  private readonly now: () => number

  constructor(directory: string, now: () => number = Date.now) {
    this.directory = resolve(directory)
    this.now = now
  }

  /** Begins to read. @throws GradstreamError (as a rejection) `FILE_NOT_READ` */
  begin(): Promise<void> {
    return this.scan(0)
  }

  /**
   * What there is now, with a mark that stays the same as long as nothing changes.
   *
   * @throws GradstreamError (as a rejection) `FILE_NOT_READ`
   */
  async list(patience = this.answers > 0 ? LATER : PATIENCE): Promise<{ mark: string; answer: RunsAnswer }> {
    this.scanning ??= this.scan(patience).finally(() => {
      this.scanning = undefined
    })
    await this.scanning
    this.answer ??= this.answerOf()
    this.answers++
    return { mark: String(this.revision), answer: this.answer }
  }

  /** Lets the next answer have what has just been changed here. */
  forget(folder: string): void {
    const entry = this.entries.get(folder)
    if (entry) entry.lookedAt = Number.NEGATIVE_INFINITY
  }

  /** The path of a folder that is a run of the directory; undefined for every other name. */
  pathOf(folder: string): string | undefined {
    return this.entries.get(folder)?.path
  }

  /** A whole run. @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `BAD_FILE` */
  async whole(path: string): Promise<StoredRun> {
    const print = printOf(path)
    const known = this.kept.get(path)
    if (known?.print === print) {
      // The longest unused comes first.
      this.kept.delete(path)
      this.kept.set(path, known)
      return known.run
    }
    const run = await readRun(path)
    this.keep(path, print, run)
    return run
  }

  private keep(path: string, print: string, run: StoredRun): void {
    this.kept.delete(path)
    this.kept.set(path, { print, run })
    const [longestUnused] = this.kept.keys()
    if (this.kept.size > KEPT && longestUnused !== undefined) this.kept.delete(longestUnused)
  }

  private async scan(patience: number): Promise<void> {
    const start = performance.now()
    const paths = await runFoldersIn(this.directory)
    const names = new Set(paths.map(path => basename(path)))
    const found = paths.flatMap(path => (this.isAtRest(path) ? [] : { path, print: printOf(path) }))
    const gone = [...this.entries.keys()].filter(name => !names.has(name))
    for (const name of gone) this.entries.delete(name)
    const stale = found.filter(({ path, print }) => {
      const entry = this.entries.get(basename(path))
      if (entry) entry.lookedAt = this.now()
      return this.isStale(entry, print)
    })
    // The latest first: they are looked for.
    stale.sort((a, b) => timeOf(b.print) - timeOf(a.print))
    let count = 0
    for (const { path, print } of stale) {
      if (count > 0 && performance.now() - start > patience) break
      const entry = await this.read(path, print)
      const before = this.entries.get(basename(path))
      this.entries.set(basename(path), entry)
      if (JSON.stringify(contentOf(before)) !== JSON.stringify(contentOf(entry))) this.changed()
      count++
    }
    const unread = stale.length - count
    if (gone.length > 0 || unread !== this.unread) this.changed()
    this.unread = unread
  }

  private changed(): void {
    this.revision++
    this.answer = undefined
  }

  /** Whether it has ended, and was looked at a moment ago. */
  private isAtRest(path: string): boolean {
    const entry = this.entries.get(basename(path))
    return entry !== undefined && !isLive(entry) && this.now() - entry.lookedAt < REST
  }

  private isStale(entry: Entry | undefined, print: string): boolean {
    if (entry?.print !== print) return true
    return isLive(entry) && this.now() - entry.readAt > DOUBT
  }

  private async read(path: string, print: string): Promise<Entry> {
    const read = { path, print, readAt: this.now(), lookedAt: this.now() }
    try {
      const run = await summaryIn(path)
      return { ...read, row: rowOf(run, await notesIn(path, run.notes)) }
    } catch (error) {
      // Another one is of a file that is there and cannot be opened.
      const isKnown = error instanceof GradstreamError || (error as NodeJS.ErrnoException).code !== undefined
      if (!isKnown) throw error
      return { ...read, broken: (error as Error).message }
    }
  }

  private answerOf(): RunsAnswer {
    const entries = [...this.entries.values()]
    const rows = entries.flatMap(({ row }) => row ?? []).sort((a, b) => b.began - a.began)
    const broken = entries.flatMap(({ path, broken }) =>
      broken === undefined ? [] : { folder: basename(path), message: broken },
    )
    return { directory: this.directory, runs: varied(rows), broken, unread: this.unread }
  }
}

const LIVE: ReadonlySet<string> = new Set(['idle', 'running', 'paused'])

const isLive = ({ row }: Entry) => row !== undefined && LIVE.has(row.status)

const contentOf = (entry: Entry | undefined) => entry && [entry.row, entry.broken]

/** What changes when a file of a run changes: the time of the latest change, and sizes and times. */
function printOf(path: string): string {
  const stats = [...FILES, NOTES].map(file => statSync(join(path, file), { throwIfNoEntry: false }))
  const latest = stats.reduce((most, stat) => Math.max(most, stat?.mtimeMs ?? 0), 0)
  return [latest, ...stats.map(stat => `${stat?.size} ${stat?.mtimeMs}`)].join('|')
}

const timeOf = (print: string) => Number(print.slice(0, print.indexOf('|')))
