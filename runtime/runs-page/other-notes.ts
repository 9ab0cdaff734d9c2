/**
 * `other-notes.json`: what people say about runs of other programs. It is in the directory that is shown, and nothing is written into the folders
 * of those programs.
 */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { attempt, GradstreamError, isRecord, show, showBytes } from '../../core/index.ts'
import type { RunNotes } from './answers.ts'
import { changeIn, checkedChange, inTurn, NO_NOTES, replace, VERSION } from './run-notes.ts'

export const OTHER_NOTES = 'other-notes.json'
const FORMAT = 'gradstream-other-notes'

/** The most bytes of the file. */
const LARGEST = 2 ** 20

/** By the names of the runs in the table. */
export type OtherNotes = ReadonlyMap<string, RunNotes>

/**
 * Those of the runs of a directory; none without a file.
 *
 * @throws GradstreamError (as a rejection) `BAD_FILE`
 */
export async function otherNotesIn(directory: string): Promise<OtherNotes> {
  const path = join(directory, OTHER_NOTES)
  const failed = (expected: string, got: string): never => {
    throw new GradstreamError('BAD_FILE', { place: path, expected, got })
  }
  try {
    const { size } = await stat(path)
    if (size > LARGEST) failed(`at most ${showBytes(LARGEST)}`, showBytes(size))
    const text = await readFile(path, 'utf8')
    const found = attempt(() => JSON.parse(text) as unknown)
    if (!isRecord(found) || found.format !== FORMAT || found.version !== VERSION || !isRecord(found.runs))
      return failed(`the notes of runs of other programs, version ${VERSION}`, 'something else')
    return new Map(
      Object.entries(found.runs).map(([run, notes]) => [run, { ...NO_NOTES, ...changeIn(notes, failed) }]),
    )
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
}

/**
 * Changes some of the notes of a run and leaves the others.
 *
 * @throws GradstreamError (as a rejection) `INVALID_OPTION`, `BAD_FILE`, `FILE_NOT_WRITTEN`
 */
export const changeOtherNotes = (directory: string, run: string, change: unknown): Promise<void> =>
  inTurn(() => changeNow(directory, run, change))

async function changeNow(directory: string, run: string, change: unknown): Promise<void> {
  const checked = checkedChange(change, run)
  const all = new Map(await otherNotesIn(directory))
  const changed = { ...(all.get(run) ?? NO_NOTES), ...checked }
  if (isNothing(changed)) all.delete(run)
  else all.set(run, changed)
  const content = { format: FORMAT, version: VERSION, runs: Object.fromEntries(all) }
  const text = `${JSON.stringify(content, null, 2)}\n`
  const size = Buffer.byteLength(text)
  if (size > LARGEST)
    throw new GradstreamError('INVALID_OPTION', {
      place: run,
      expected: `all notes together to have at most ${showBytes(LARGEST)}`,
      got: showBytes(size),
      hint: `Shorten some of them, or remove those of runs that are gone from ${show(join(directory, OTHER_NOTES))}.`,
    })
  await replace(join(directory, OTHER_NOTES), text)
}

const isNothing = ({ notes, tags, colour }: RunNotes) => notes === '' && tags.length === 0 && colour === null
