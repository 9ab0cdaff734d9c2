/** Folders of files in Node, written as a whole. The import `#folder` resolves to `folder.browser.ts` elsewhere. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GradstreamError, show } from '../../core/index.ts'
import { nextTurn } from '../data/turn.ts'
import { type Content, type Files, type Format, type Listed, MANIFEST, manifestOf } from './manifest.ts'

/** What writes to the disk; another one in tests, which fails where it is told to. */
export type Disk = Pick<typeof fs, 'mkdir' | 'open' | 'rename' | 'rm'>

/** One after the other, so that two of the same folder are never under way together. */
let last: Promise<unknown> = Promise.resolve()
let count = 0

/**
 * Puts files and their manifest into a folder, which takes its place by one rename when all of them are on the disk. A process that is killed,
 * or a machine that loses power, leaves the folder that was there, or the new one. Of two calls, the second one writes last.
 *
 * @throws GradstreamError (as a rejection) `FILE_NOT_WRITTEN`; the old folder is still there
 */
export function commitFolder(
  path: string | URL,
  format: Format,
  files: Files,
  disk: Disk = fs,
): Promise<void> {
  const commit = last.then(() => commitNow(path, format, files, disk))
  last = commit.catch(() => undefined)
  return commit
}

async function commitNow(path: string | URL, format: Format, files: Files, disk: Disk): Promise<void> {
  let made: string | undefined
  try {
    const folder = await folderOf(path)
    const there = await replaceable(folder, files, String(path))
    const parent = dirname(folder)
    await disk.mkdir(parent, { recursive: true })
    await clearLeft(parent, newOf(folder), disk)
    made = `${newOf(folder)}${process.pid}-${count++}`
    await disk.mkdir(made)
    const listed = await writeAll(made, files, disk)
    await writeThrough(join(made, MANIFEST), manifestOf(format, listed), disk)
    await sync(made, disk)
    await exchange(made, folder, there, disk)
    // The new folder is there in any case; the next commit tries again.
    await disk.rm(previousOf(folder), { recursive: true, force: true }).catch(() => undefined)
  } catch (cause) {
    if (made !== undefined) await disk.rm(made, { recursive: true, force: true }).catch(() => undefined)
    if (cause instanceof GradstreamError) throw cause
    throw new GradstreamError('FILE_NOT_WRITTEN', {
      place: String(path),
      expected: 'a folder that can be written',
      got: show(cause),
      cause,
    })
  }
}

/** Puts a folder into the place of another one, which stays beside it; where that fails, nothing has changed. */
async function exchange(made: string, folder: string, there: boolean, disk: Disk): Promise<void> {
  const old = previousOf(folder)
  const undo: (() => Promise<void>)[] = []
  const move = async (from: string, to: string) => {
    await disk.rename(from, to)
    undo.unshift(() => disk.rename(to, from))
  }
  try {
    if (there) {
      await disk.rm(old, { recursive: true, force: true })
      await move(folder, old)
    }
    await move(made, folder)
    await sync(dirname(folder), disk)
  } catch (error) {
    for (const back of undo) await back()
    throw error
  }
}

/** A file of a folder. Between the two renames of a commit, the folder is still under the name that its predecessor gets. */
export async function readFromFolder(path: string | URL, name: string): Promise<Content> {
  try {
    const folder = await folderOf(path)
    const isThere = (await namesIn(folder)) !== undefined || (await namesIn(previousOf(folder))) === undefined
    return await readHashed(join(isThere ? folder : previousOf(folder), name))
  } catch (cause) {
    throw new GradstreamError('FILE_NOT_READ', {
      place: `${path}: ${name}`,
      expected: 'a readable file',
      got: show(cause),
      cause,
    })
  }
}

/** The names in a folder; none if it is not there. */
export function foldersIn(path: string): string[] {
  try {
    return existsSync(path) ? readdirSync(path) : []
  } catch (cause) {
    throw new GradstreamError('FILE_NOT_READ', { place: path, expected: 'a folder', got: show(cause), cause })
  }
}

export const moveFolder = (from: string, to: string): Promise<void> => fs.rename(from, to)

export const removeFolder = (path: string): Promise<void> => fs.rm(path, { recursive: true, force: true })

/** What computes here. */
export const machine = (): string => `Node ${process.version} on ${process.platform} ${process.arch}`

/** Names beside the folder that nobody else gives: that of the folder which is replaced, and the beginning of those of new ones. */
const previousOf = (folder: string) => join(dirname(folder), `.${basename(folder)}.gradstream-previous`)
const newOf = (folder: string) => join(dirname(folder), `.${basename(folder)}.gradstream-new-`)

/** Takes away what processes left that were killed while they wrote. */
async function clearLeft(parent: string, prefix: string, disk: Disk): Promise<void> {
  for (const name of (await namesIn(parent)) ?? []) {
    const path = join(parent, name)
    const [, pid] = path.startsWith(prefix) ? (/^(\d+)-\d+$/.exec(path.slice(prefix.length)) ?? []) : []
    if (pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid))))
      await disk.rm(path, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as { code?: string }).code !== 'ESRCH'
  }
}

/** The folder itself where a link leads to it. */
async function folderOf(path: string | URL): Promise<string> {
  const folder = resolve(path instanceof URL ? fileURLToPath(path) : path)
  return fs.realpath(folder).catch(() => folder)
}

async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await fs.readdir(folder)
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw error
  }
}

/** Whether there is a folder to replace: what somebody else put there is never taken away. */
async function replaceable(folder: string, files: Files, place: string): Promise<boolean> {
  const names = await namesIn(folder)
  if (names === undefined) return false
  const foreign = names.filter(name => name !== MANIFEST && !files.has(name)).sort()
  if (foreign.length === 0 && (names.length === 0 || names.includes(MANIFEST))) return true
  throw new GradstreamError('FILE_NOT_WRITTEN', {
    place,
    expected: 'a new folder, an empty one, or one that was saved before',
    got: `one with ${show(foreign[0] ?? names[0])}`,
    hint: "Choose a folder for the model alone, such as 'model/'.",
  })
}

/** Writes files side by side. Where one fails, none is under way any more. */
async function writeAll(folder: string, files: Files, disk: Disk): Promise<[string, Listed][]> {
  const writing = Array.from(files, async ([name, bytes]): Promise<[string, Listed]> => {
    return [name, { bytes: bytes.length, sha256: await writeThrough(join(folder, name), bytes, disk) }]
  })
  await Promise.allSettled(writing)
  return Promise.all(writing)
}

/** Writes a file and brings it to the disk, and hashes it meanwhile. Returns the hash. */
async function writeThrough(path: string, bytes: Uint8Array, disk: Disk): Promise<string> {
  const file = await disk.open(path, 'wx')
  const write = async () => {
    await writeFrom(file, bytes)
    await file.sync()
  }
  try {
    const [sha256] = await Promise.all([hashed(bytes), write()])
    return sha256
  } finally {
    await file.close()
  }
}

/** How much is hashed at a stretch: about a millisecond. */
const PIECE = 2 ** 21

/** Other work gets a turn after each piece. */
async function hashed(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < bytes.length; at += PIECE) {
    if (at > 0) await nextTurn()
    hash.update(bytes.subarray(at, at + PIECE))
  }
  return hash.digest('hex')
}

async function writeFrom(file: fs.FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    // A call takes less than 2 GiB.
    const length = Math.min(bytes.length - done, 2 ** 30)
    done += (await file.write(bytes, done, length)).bytesWritten
  }
}

/** Reads a file, some pieces ahead of its hash. */
async function readHashed(path: string): Promise<Content> {
  const hash = createHash('sha256')
  const file = await fs.open(path)
  const ahead: Promise<void>[] = []
  try {
    const { size } = await file.stat()
    const bytes = new Uint8Array(size)
    let next = 0
    const read = () => {
      const at = next
      next += PIECE
      return readInto(file, bytes.subarray(at, next), at)
    }
    ahead.push(read(), read())
    for (let at = 0; at < size; at += PIECE) {
      ahead.push(read())
      await ahead.shift()
      hash.update(bytes.subarray(at, at + PIECE))
    }
    return { bytes, sha256: hash.digest('hex') }
  } finally {
    await Promise.allSettled(ahead)
    await file.close()
  }
}

async function readInto(file: fs.FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done)
    if (bytesRead === 0) return
    done += bytesRead
  }
}

/** Brings the names in a folder to the disk. Windows does so by itself, and opens no folders. */
async function sync(folder: string, disk: Disk): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await disk.open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
