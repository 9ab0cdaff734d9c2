/** `notes.json`: what people say about a run on the page. It is beside the files of the recording, which never change it. */
import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { attempt, GradstreamError, isRecord, show } from '../../core/index.ts'
import { COLOURS, type RunNotes } from './answers.ts'

export const NOTES = 'notes.json'
const FORMAT = 'gradstream-notes'
export const VERSION = 1

/** The most characters of notes and of a tag, and the most tags. */
const LONGEST = { notes: 10_000, tag: 60, tags: 32 }

/** A change of some of them. */
export type NotesChange = Partial<RunNotes>

/** Of a run about which nobody has said anything. */
export const NO_NOTES: RunNotes = { notes: '', tags: [], colour: null }

/**
 * The notes in the folder of a run. What was recorded with the run stands until somebody writes something else.
 *
 * @throws GradstreamError (as a rejection) `BAD_FILE`
 */
export async function notesIn(folder: string, recorded: string | null): Promise<RunNotes> {
  const own = await written(join(folder, NOTES))
  return { notes: own.notes ?? recorded ?? '', tags: own.tags ?? [], colour: own.colour ?? null }
}

/**
 * Changes some of the notes and leaves the others. The file is written beside the old one and takes its place by a rename.
 *
 * @throws GradstreamError (as a rejection) `INVALID_OPTION`, `BAD_FILE`, `FILE_NOT_WRITTEN`
 */
export const changeNotes = (folder: string, change: unknown): Promise<void> =>
  inTurn(() => changeNow(folder, change))

/** One after the other, so that no change is lost between reading and writing. */
export function inTurn(change: () => Promise<void>): Promise<void> {
  const changed = latest.then(change)
  latest = changed.catch(() => undefined)
  return changed
}

let latest: Promise<void> = Promise.resolve()

async function changeNow(folder: string, change: unknown): Promise<void> {
  const path = join(folder, NOTES)
  const checked = checkedChange(change, folder)
  const content = { format: FORMAT, version: VERSION, ...(await written(path)), ...checked }
  await replace(path, `${JSON.stringify(content, null, 2)}\n`)
}

/** @throws GradstreamError `INVALID_OPTION` */
export const checkedChange = (change: unknown, folder: string): NotesChange =>
  changeIn(change, (expected, got) => {
    throw new GradstreamError('INVALID_OPTION', { place: basename(folder), expected, got })
  })

async function written(path: string): Promise<NotesChange> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return {}
  const failed = (expected: string, got: string): never => {
    throw new GradstreamError('BAD_FILE', { place: path, expected, got })
  }
  const found = attempt(() => JSON.parse(text) as unknown)
  if (!isRecord(found) || found.format !== FORMAT || found.version !== VERSION)
    return failed(
      `the notes of a run, version ${VERSION}`,
      isRecord(found) ? show(found.version) : 'something else',
    )
  const { format: _, version: __, ...notes } = found
  return changeIn(notes, failed)
}

export function changeIn(change: unknown, failed: (expected: string, got: string) => never): NotesChange {
  if (!isRecord(change)) return failed('an object', show(change))
  for (const [name, value] of Object.entries(change)) {
    const isRight = Object.hasOwn(FIELDS, name) && FIELDS[name as keyof RunNotes](value)
    if (!isRight) failed(`${EXPECTED}`, `${show(name)}: ${show(value)}`)
  }
  return change as NotesChange
}

const isText = (value: unknown, longest: number) => typeof value === 'string' && value.length <= longest

const FIELDS: Readonly<Record<keyof RunNotes, (value: unknown) => boolean>> = {
  notes: value => isText(value, LONGEST.notes),
  tags: value =>
    Array.isArray(value) &&
    value.length <= LONGEST.tags &&
    new Set(value).size === value.length &&
    value.every(tag => isText(tag, LONGEST.tag) && tag.trim() === tag && tag !== ''),
  colour: value => value === null || COLOURS.some(colour => colour === value),
}

const EXPECTED = `notes of at most ${LONGEST.notes} characters, at most ${LONGEST.tags} different tags of at most ${LONGEST.tag}, or a colour: ${COLOURS.join(', ')}`

/** @throws GradstreamError (as a rejection) `FILE_NOT_WRITTEN` */
export async function replace(path: string, text: string): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  try {
    // Fails where something has that name, so it is never written through a link.
    const file = await open(beside, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined)
    throw new GradstreamError('FILE_NOT_WRITTEN', {
      place: path,
      expected: 'a folder that can be written',
      got: show(cause),
      cause,
    })
  }
}
