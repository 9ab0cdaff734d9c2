/** Where runs of other programs are in a directory: folders with event files of TensorBoard, and tables of comma-separated values. Node alone. */
import { type Dirent, readdirSync } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { GradstreamError, show, showBytes } from '../../../core/index.ts'
import { LARGEST, RUN } from '../format.ts'
import { isHeaderOfRun } from './table-header.ts'

/** The files of a run that another program wrote. */
export interface OtherRun {
  readonly source: 'tensorboard' | 'csv'
  /** Of the folder with the event files, or of the table. */
  readonly path: string
  readonly files: readonly string[]
}

/** How deep folders are looked into, as in `logs/run/train`, and how many at most. */
const [DEEPEST, MOST_FOLDERS] = [4, 2000]
/** The bytes of a table in which its first line has to be. */
const HEAD = 2 ** 16

const isEventFile = (name: string): boolean => name.includes('.tfevents.')
const isTable = (name: string): boolean => /\.(csv|tsv)$/i.test(name)

/** All in a directory and below it. */
export async function otherRunsIn(directory: string): Promise<OtherRun[]> {
  const runs: OtherRun[] = []
  let folders = 0
  const visit = async (path: string, depth: number): Promise<void> => {
    const entries = entriesOf(path)
    if (++folders > MOST_FOLDERS || entries.some(({ name }) => name === RUN)) return
    const events = entries.filter(entry => entry.isFile() && isEventFile(entry.name))
    if (events.length > 0)
      runs.push({ source: 'tensorboard', path, files: events.map(({ name }) => join(path, name)).sort() })
    for (const entry of entries) {
      const own = join(path, entry.name)
      if (entry.isFile() && isTable(entry.name) && isHeaderOfRun(await headOf(own)))
        runs.push({ source: 'csv', path: own, files: [own] })
      if (entry.isDirectory() && depth < DEEPEST && !/^\.|^node_modules$/.test(entry.name))
        await visit(own, depth + 1)
    }
  }
  await visit(directory, 1)
  if (folders <= MOST_FOLDERS) return runs
  throw new GradstreamError('BAD_FILE', {
    place: directory,
    expected: `at most ${MOST_FOLDERS} folders below it`,
    got: 'more',
    hint: 'Name a folder in it.',
  })
}

/** The run of another program at a path: a folder with event files, one of them, or a table. Undefined for anything else. */
export async function otherRunAt(path: string): Promise<OtherRun | undefined> {
  const info = await stat(path).catch(() => undefined)
  if (info?.isDirectory()) {
    const entries = entriesOf(path)
    const files = entries.filter(entry => entry.isFile() && isEventFile(entry.name))
    if (files.length === 0 || entries.some(({ name }) => name === RUN)) return undefined
    return { source: 'tensorboard', path, files: files.map(({ name }) => join(path, name)).sort() }
  }
  if (!info?.isFile()) return undefined
  if (isEventFile(path)) return { source: 'tensorboard', path, files: [path] }
  return isTable(path) ? { source: 'csv', path, files: [path] } : undefined
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    return []
  }
}

async function headOf(path: string): Promise<string> {
  const handle = await open(path).catch(() => undefined)
  try {
    const found = await handle?.read(Buffer.alloc(HEAD), 0, HEAD, 0)
    return found === undefined ? '' : found.buffer.toString('utf8', 0, found.bytesRead)
  } catch {
    return ''
  } finally {
    await handle?.close()
  }
}

/** The bytes of a file, and when it was written last, in milliseconds since 1970. @throws GradstreamError `FILE_NOT_READ`, `BAD_FILE` */
export async function contentOf(path: string): Promise<{ bytes: Uint8Array; written: number }> {
  try {
    const { size, mtimeMs } = await stat(path)
    if (size <= LARGEST) return { bytes: await readFile(path), written: mtimeMs }
    throw new GradstreamError('BAD_FILE', {
      place: path,
      expected: `a file of at most ${showBytes(LARGEST)}`,
      got: showBytes(size),
    })
  } catch (cause) {
    if (cause instanceof GradstreamError) throw cause
    const reason = { place: path, expected: 'a file that can be read', got: show(cause), cause }
    throw new GradstreamError('FILE_NOT_READ', reason)
  }
}
