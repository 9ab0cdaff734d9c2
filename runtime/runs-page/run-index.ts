/** The runs of a directory, as far as they have been read. What is unchanged on the disk is not read again. */
import { statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { type OtherRun, otherRunsIn, runFoldersIn } from '#run-folder'
import { GradstreamError } from '../../core/index.ts'
import { FILES } from '../runs/format.ts'
import { otherRuns } from '../runs/others/read-other.ts'
import { readRun } from '../runs/read-run.ts'
import { summaryIn } from '../runs/reading.ts'
import type { StoredRun } from '../runs/stored-run.ts'
import type { RunRow, RunsAnswer } from './answers.ts'
import { changeOtherNotes, OTHER_NOTES, type OtherNotes, otherNotesIn } from './other-notes.ts'
import { changeNotes, NO_NOTES, NOTES, notesIn } from './run-notes.ts'
import { rowOf, varied } from './run-row.ts'

/** How long to read before the first answer, and before later ones, in milliseconds. What is left comes with the next one. */
const [PATIENCE, LATER] = [300, 1000]
/** How long to read at a stretch before anybody has asked, so that who asks then waits for little. */
const AHEAD = 50
/** A run that seems to be going on is read again after so many milliseconds, since its process may be gone. */
const DOUBT = 5000
/** One that has ended is looked at again after so many. */
const REST = 10_000
/** How many whole runs are kept, so that their curves need not be read again. */
const KEPT = 16

/** A folder that a recording made, or files of another program, which may be of several runs. */
interface Place {
  readonly path: string
  readonly files: readonly string[]
  readonly other?: OtherRun
}

interface Entry extends Place {
  /** Sizes and times of its files. */
  readonly print: string
  readonly readAt: number
  lookedAt: number
  readonly rows: readonly RunRow[]
  readonly broken?: string
}

export class RunIndex {
  readonly directory: string
  /** Counts the answers that differ. */
  private revision = 0
  /** By their paths in the directory. */
  private entries = new Map<string, Entry>()
  private others: readonly OtherRun[] = []
  private othersAt = Number.NEGATIVE_INFINITY
  /** What people say about them, or why that cannot be read. */
  private said: { print: string; notes: OtherNotes; broken?: string } = { print: '', notes: new Map() }
  private unread = 0
  private answers = 0
  private answer: RunsAnswer | undefined
  private scanning: Promise<void> | undefined
  /** What is read before anybody has asked; and whether somebody has, or never will. */
  private ahead: Promise<void> | undefined
  private isAsked = false
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

  /** Goes on reading while nobody has asked. What fails is told to those who ask. */
  async readAhead(): Promise<void> {
    while (!this.isAsked && this.unread > 0) {
      this.ahead = this.scan(AHEAD).catch(() => {
        this.isAsked = true
      })
      await this.ahead
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  /** Nobody will ask any more. */
  close(): void {
    this.isAsked = true
  }

  /**
   * What there is now, with a mark that stays the same as long as nothing changes.
   *
   * @throws GradstreamError (as a rejection) `FILE_NOT_READ`
   */
  async list(patience = this.answers > 0 ? LATER : PATIENCE): Promise<{ mark: string; answer: RunsAnswer }> {
    this.isAsked = true
    await this.ahead
    this.scanning ??= this.scan(patience).finally(() => {
      this.scanning = undefined
    })
    await this.scanning
    this.answer ??= this.answerOf()
    this.answers++
    return { mark: String(this.revision), answer: this.answer }
  }

  /**
   * Changes some of the notes of a run. The next answer has them.
   *
   * @throws GradstreamError (as a rejection) `INVALID_OPTION`, `BAD_FILE`, `FILE_NOT_WRITTEN`
   */
  async note(folder: string, change: unknown): Promise<void> {
    const entry = this.entryOf(folder)
    if (!entry) return
    if (entry.other?.path === this.directory)
      throw new GradstreamError('INVALID_OPTION', {
        place: 'notes',
        expected: 'a run in a folder of its own, below the directory that is shown',
        got: 'one right in that directory, in which only its own program writes',
        hint: 'Show the folder above it.',
      })
    if (entry.other) await changeOtherNotes(this.directory, folder, change)
    else await changeNotes(entry.path, change)
    entry.lookedAt = Number.NEGATIVE_INFINITY
  }

  /** The file that has the notes of a run. */
  notesOf(folder: string): string {
    const entry = this.entryOf(folder)
    return entry && !entry.other ? join(entry.path, NOTES) : join(this.directory, OTHER_NOTES)
  }

  /** The path of a run of the directory, as `readRun` takes it; undefined for every other name. */
  pathOf(folder: string): string | undefined {
    return this.entryOf(folder) && join(this.directory, folder)
  }

  private entryOf(folder: string): Entry | undefined {
    return [...this.entries.values()].find(({ rows }) => rows.some(row => row.folder === folder))
  }

  /** A whole run. @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `BAD_FILE` */
  async whole(path: string): Promise<StoredRun> {
    const print = printOf(this.entryOf(relative(this.directory, path))?.files ?? [])
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
    await this.hear()
    const places = await this.places()
    const names = new Set(places.map(({ path }) => this.nameOf(path)))
    const found = places.flatMap(place =>
      this.isAtRest(place) ? [] : { ...place, print: printOf(place.files) },
    )
    const gone = [...this.entries.keys()].filter(name => !names.has(name))
    for (const name of gone) this.entries.delete(name)
    const stale = found.filter(({ path, print }) => {
      const entry = this.entries.get(this.nameOf(path))
      if (entry) entry.lookedAt = this.now()
      return this.isStale(entry, print)
    })
    // The latest first: they are looked for. Tables come behind the runs that they may be about.
    stale.sort((a, b) => Number(!!a.other) - Number(!!b.other) || timeOf(b.print) - timeOf(a.print))
    let count = 0
    for (const { print, ...place } of stale) {
      if (count > 0 && performance.now() - start > patience) break
      const entry = await this.read(place, print)
      const before = this.entries.get(this.nameOf(place.path))
      this.entries.set(this.nameOf(place.path), entry)
      if (JSON.stringify(contentOf(before)) !== JSON.stringify(contentOf(entry))) this.changed()
      count++
    }
    const unread = stale.length - count
    if (gone.length > 0 || unread !== this.unread) this.changed()
    this.unread = unread
  }

  /** Where there are runs. Files of other programs lie in folders below as well, and are looked for more rarely. */
  private async places(): Promise<readonly Place[]> {
    const paths = await runFoldersIn(this.directory)
    if (this.now() - this.othersAt >= REST) {
      this.others = await otherRunsIn(this.directory)
      this.othersAt = this.now()
    }
    const recorded = paths.map(path => ({ path, files: [...FILES, NOTES].map(file => join(path, file)) }))
    return [...recorded, ...this.others.map(other => ({ path: other.path, files: other.files, other }))]
  }

  /** Reads what people say about runs of other programs, if that has changed. */
  private async hear(): Promise<void> {
    const print = printOf([join(this.directory, OTHER_NOTES)])
    if (print === this.said.print) return
    this.said = await otherNotesIn(this.directory).then(
      notes => ({ print, notes }),
      (error: Error) => ({ print, notes: new Map(), broken: error.message }),
    )
    this.changed()
  }

  private nameOf(path: string): string {
    return relative(this.directory, path)
  }

  private changed(): void {
    this.revision++
    this.answer = undefined
  }

  /** Whether it has ended, and was looked at a moment ago. */
  private isAtRest({ path }: Place): boolean {
    const entry = this.entries.get(this.nameOf(path))
    return entry !== undefined && !isLive(entry) && this.now() - entry.lookedAt < REST
  }

  private isStale(entry: Entry | undefined, print: string): boolean {
    if (entry?.print !== print) return true
    return isLive(entry) && this.now() - entry.readAt > DOUBT
  }

  private async read(place: Place, print: string): Promise<Entry> {
    const read = { ...place, print, readAt: this.now(), lookedAt: this.now() }
    try {
      return { ...read, rows: await this.rowsOf(place) }
    } catch (error) {
      // Another one is of a file that is there and cannot be opened.
      const isKnown = error instanceof GradstreamError || (error as NodeJS.ErrnoException).code !== undefined
      if (!isKnown) throw error
      return { ...read, rows: [], broken: (error as Error).message }
    }
  }

  private async rowsOf({ path, other }: Place): Promise<readonly RunRow[]> {
    if (other) {
      const runs = await otherRuns(other)
      return runs.map(run => ({ ...rowOf(run, NO_NOTES), folder: this.nameOf(run.folder) }))
    }
    const run = await summaryIn(path)
    return [rowOf(run, await notesIn(path, run.notes))]
  }

  private answerOf(): RunsAnswer {
    const entries = [...this.entries.values()]
    const recorded = new Set(
      entries.flatMap(({ other, rows }) => (other ? [] : rows.map(({ runId }) => runId))),
    )
    // A log of `csvLog` may lie beside the runs that it is about.
    const rows = entries.flatMap(({ other, rows }) =>
      other
        ? rows
            .filter(({ runId }) => !recorded.has(runId))
            .map(row => ({ ...row, ...this.said.notes.get(row.folder) }))
        : rows,
    )
    const broken = [
      ...entries.flatMap(({ path, broken }) =>
        broken === undefined ? [] : { folder: this.nameOf(path), message: broken },
      ),
      ...(this.said.broken === undefined ? [] : [{ folder: OTHER_NOTES, message: this.said.broken }]),
    ]
    return {
      directory: this.directory,
      runs: varied(rows.sort((a, b) => b.began - a.began)),
      broken,
      unread: this.unread,
    }
  }
}

const LIVE: ReadonlySet<string> = new Set(['idle', 'running', 'paused'])

const isLive = ({ rows }: Entry) => rows.some(({ status }) => LIVE.has(status))

const contentOf = (entry: Entry | undefined) => entry && [entry.rows, entry.broken]

/** What changes when a file of a run changes: the time of the latest change, and sizes and times. */
function printOf(files: readonly string[]): string {
  const stats = files.map(file => statSync(file, { throwIfNoEntry: false }))
  const latest = stats.reduce((most, stat) => Math.max(most, stat?.mtimeMs ?? 0), 0)
  return [latest, ...stats.map(stat => `${stat?.size} ${stat?.mtimeMs}`)].join('|')
}

const timeOf = (print: string) => Number(print.slice(0, print.indexOf('|')))
