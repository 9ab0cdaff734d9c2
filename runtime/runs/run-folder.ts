/** The folder of a recorded run in Node. The import `#run-folder` resolves to `run-folder.browser.ts` elsewhere. */
import * as fs from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { endianness, hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import { attempt, GradstreamError, isRecord, show, showBytes } from '../../core/index.ts'
import {
  COLUMNS,
  type Covered,
  ENDING,
  EVENTS,
  FILES,
  FORMAT,
  HISTOGRAMS,
  headerOf,
  LARGEST,
  NAMES,
  RECORD,
  RUN,
  SEAL,
  SERIES,
  SUMMARY,
} from './format.ts'

export { contentOf, type OtherRun, otherRunAt, otherRunsIn } from './others/other-files.ts'

/** What writes to the disk; another one in tests, which fails where it is told to. */
export type Disk = Pick<
  typeof fs,
  'openSync' | 'writeSync' | 'ftruncateSync' | 'fsyncSync' | 'closeSync' | 'renameSync'
>

/**
 * A new folder for a run. It appears by one rename with all its files in it, and never takes the place of another one: of two runs with the same
 * name, the second gets `-2` behind it.
 */
export class RunFolder {
  readonly path: string
  readonly events: AppendedFile
  readonly series: AppendedFile
  private readonly disk: Disk
  private readonly others: AppendedFile[] = []

  /** @throws GradstreamError `FILE_NOT_WRITTEN` */
  constructor(directory: string, name: string, description: Uint8Array, disk: Disk = fs) {
    this.disk = disk
    this.path = written(directory, () => {
      makeDirectory(directory)
      clearLeft(directory)
      const made = join(directory, `${NEW}${process.pid}-${count++}`)
      try {
        fs.mkdirSync(made)
        for (const file of FILES) writeBeside(join(made, file), contentOf(file, description), disk)
        return placed(made, join(directory, folderName(name)), disk)
      } catch (cause) {
        fs.rmSync(made, { recursive: true, force: true })
        throw cause
      }
    })
    this.events = new AppendedFile(join(this.path, EVENTS), disk)
    this.series = new AppendedFile(join(this.path, SERIES), disk)
  }

  /** @throws GradstreamError `FILE_NOT_WRITTEN` */
  describe(description: Uint8Array): void {
    this.replace(RUN, description)
  }

  /** @throws GradstreamError `FILE_NOT_WRITTEN` */
  name(series: readonly string[]): void {
    this.replace(NAMES, headerOf(series))
  }

  /** Does not wait for the disk: where it is lost, a list reads the other files. @throws GradstreamError `FILE_NOT_WRITTEN` */
  summarize(summary: Uint8Array): void {
    this.replace(SUMMARY, summary, false)
  }

  private replace(file: string, bytes: Uint8Array, isSure = true): void {
    const path = join(this.path, file)
    written(path, () => writeBeside(path, bytes, this.disk, isSure))
  }

  /** One more file, which the first write makes. */
  file(name: string): AppendedFile {
    const file = new AppendedFile(join(this.path, name), this.disk, true)
    this.others.push(file)
    return file
  }

  /** Closes its files; the next write opens them again. */
  close(): void {
    this.events.close()
    this.series.close()
    for (const file of this.others) file.close()
  }
}

/**
 * A file that grows at its end. What a write that failed has left there, the next one takes away.
 */
export class AppendedFile {
  /** The bytes that are surely there. */
  size = 0
  private ending: Uint8Array = new Uint8Array()
  private readonly path: string
  private readonly disk: Disk
  private handle: number | undefined
  private isTorn = false
  private readonly flags: string | number

  /** @param isNew whether the first write makes it */
  constructor(path: string, disk: Disk, isNew = false) {
    this.path = path
    this.disk = disk
    this.flags = isNew ? fs.constants.O_RDWR | fs.constants.O_CREAT : 'r+'
  }

  /** @throws GradstreamError `FILE_NOT_WRITTEN` */
  append(bytes: Uint8Array): void {
    const { disk, size } = this
    written(this.path, () => {
      this.handle ??= disk.openSync(this.path, this.flags)
      if (this.isTorn) disk.ftruncateSync(this.handle, size)
      this.isTorn = true
      writeAll(disk, this.handle, bytes, size)
      this.isTorn = false
    })
    this.size += bytes.length
    this.ending = Buffer.concat([this.ending, bytes.subarray(-ENDING)]).subarray(-ENDING)
  }

  /** Takes the place of all that is there. @throws GradstreamError `FILE_NOT_WRITTEN` */
  rewrite(bytes: Uint8Array): void {
    this.close()
    written(this.path, () => writeBeside(this.path, bytes, this.disk))
    this.size = bytes.length
    this.ending = bytes.slice(-ENDING)
    this.isTorn = false
  }

  /** How far it reaches, and by what that is known again. */
  get covered(): Covered {
    return { bytes: this.size, check: checksum(this.ending) }
  }

  /** All that is there. @throws GradstreamError `FILE_NOT_WRITTEN` */
  content(): Buffer {
    return written(this.path, () => fs.readFileSync(this.path).subarray(0, this.size))
  }

  close(): void {
    const { handle } = this
    if (handle === undefined) return
    this.handle = undefined
    written(this.path, () => this.disk.closeSync(handle))
  }
}

/** The process that writes, for whoever asks later whether it is still there. */
export const thisProcess = (): { id: number; host: string } => ({ id: process.pid, host: hostname() })

/** Whether a process is there; undefined if it is on another machine. */
export function isAlive({ id, host }: { id: number; host: string }): boolean | undefined {
  if (host !== hostname()) return undefined
  try {
    return process.kill(id, 0)
  } catch (error) {
    return (error as { code?: string }).code !== 'ESRCH'
  }
}

/** The bytes of records and of the seal that closes them. */
export function sealed(records: readonly number[], time: number): Uint8Array {
  const count = records.length / COLUMNS.length
  const numbers = Float64Array.from([...records, SEAL, count, time, 0])
  const bytes = littleEndian(new Uint8Array(numbers.buffer))
  const check = Float64Array.of(crc32(bytes.subarray(0, -8)))
  bytes.set(littleEndian(new Uint8Array(check.buffer)), bytes.length - 8)
  return bytes
}

/** The numbers of a file of records; what follows the last whole record is left out. */
export function recordsIn(bytes: Uint8Array): Float64Array {
  // A copy, since numbers begin at a multiple of 8.
  const whole = new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % RECORD)))
  return new Float64Array(littleEndian(whole).buffer)
}

/** The CRC-32 of a part of a file. */
export const checksum = (bytes: Uint8Array): number => crc32(bytes)

/** Changes the order of the bytes of each number, on machines that have the other one. */
const littleEndian = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  if (endianness() === 'BE') Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).swap64()
  return bytes
}

/**
 * The files of a run; those that are not there are undefined. A process may be writing meanwhile, so the names are read after the points, and the
 * description last.
 *
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `BAD_FILE`
 */
export async function filesIn(path: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  await read(path, async () => {
    if (!(await stat(path)).isDirectory()) throw new Error('a file')
  })
  for (const name of [SERIES, NAMES, HISTOGRAMS, EVENTS, RUN]) {
    const file = join(path, name)
    const info = await stat(file).catch(() => undefined)
    if (info === undefined) continue
    if (!info.isFile() || info.size > LARGEST) {
      const got = info.isFile() ? showBytes(info.size) : 'something else'
      throw new GradstreamError('BAD_FILE', {
        place: file,
        expected: `a file of at most ${showBytes(LARGEST)}`,
        got,
      })
    }
    files.set(name, await read(file, () => readFile(file)))
  }
  return files
}

/** The bytes of a file that is no larger than a limit; undefined if there is none. */
export async function smallFile(path: string, most: number): Promise<Uint8Array | undefined> {
  const info = await stat(path).catch(() => undefined)
  return info?.isFile() && info.size <= most ? readFile(path).catch(() => undefined) : undefined
}

/** What came to a file behind a part of it; undefined if that part is not there any more, or much came. */
export async function behind(path: string, { bytes, check }: Covered): Promise<Uint8Array | undefined> {
  const info = await stat(path).catch(() => undefined)
  if (!info?.isFile() || info.size < bytes || info.size - bytes > LARGEST) return undefined
  const length = Math.min(bytes, ENDING)
  const start = bytes - length
  const handle = await open(path).catch(() => undefined)
  if (handle === undefined) return undefined
  try {
    const buffer = Buffer.alloc(info.size - start)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start)
    if (bytesRead < length || checksum(buffer.subarray(0, length)) !== check) return undefined
    return buffer.subarray(length, bytesRead)
  } finally {
    await handle.close()
  }
}

/** The folders in a directory that have a file of a run. @throws GradstreamError (as a rejection) `FILE_NOT_READ` */
export async function runFoldersIn(directory: string): Promise<string[]> {
  return read(directory, async () => foldersIn(directory))
}

const foldersIn = (directory: string): string[] =>
  fs
    .readdirSync(directory)
    .filter(name => !name.startsWith(NEW))
    .map(name => join(directory, name))
    .filter(path => FILES.some(file => fs.existsSync(join(path, file))))

async function read<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new GradstreamError('FILE_NOT_READ', {
      place: path,
      expected: 'a directory that can be read',
      got: show(cause),
      cause,
    })
  }
}

const NEW = '.gradstream-run-'
let count = 0

/** A run may have any name; that of a folder has letters, digits and `. _ -`, and does not hide it. */
const folderName = (name: string) =>
  name
    .replace(/[^\w.-]/g, '_')
    .replace(/^\./, '_')
    .slice(0, 100)

/** Makes what is missing on the way. Where the system has no folders to make, as below `/proc`, `mkdir` with `recursive` would try for ever. */
function makeDirectory(directory: string): void {
  const missing: string[] = []
  for (let path = resolve(directory); !fs.existsSync(path); path = dirname(path)) missing.push(path)
  for (const path of missing.reverse()) {
    try {
      fs.mkdirSync(path)
    } catch (error) {
      // Another process was faster.
      if ((error as { code?: string }).code !== 'EEXIST') throw error
    }
  }
}

/**
 * Removes the oldest runs of a directory that are over, so that some stay. A run with a file that was not written by its recording is left alone,
 * and does not count.
 */
export function removeOldest(directory: string, keep: number): void {
  const runs = foldersIn(directory).flatMap(path => attempt(() => recordedIn(path)) ?? [])
  const old = runs.sort((a, b) => b.started - a.started).slice(keep)
  for (const { path, isOver } of old) {
    if (!isOver) continue
    // By a rename at first, so that no run is there by half.
    const going = join(directory, `${NEW}${process.pid}-${count++}`)
    attempt(() => {
      fs.renameSync(path, going)
      fs.rmSync(going, { recursive: true, force: true })
    })
  }
}

/** A run in whose folder is nothing else. */
function recordedIn(path: string): { path: string; started: number; isOver: boolean }[] {
  const file = join(path, RUN)
  const info = fs.statSync(file)
  if (!info.isFile() || info.size > LARGEST || !fs.readdirSync(path).every(isOwn)) return []
  const run = JSON.parse(fs.readFileSync(file, 'utf8'))
  if (!isRecord(run) || run.format !== FORMAT || typeof run.started !== 'number') return []
  const { started, end, process } = run
  const isGone = isRecord(process) && isAlive(process as never) === false
  return [{ path, started, isOver: isRecord(end) || isGone }]
}

const OWN: readonly string[] = [...FILES, HISTOGRAMS, SUMMARY]

const isOwn = (name: string) =>
  OWN.some(own => name === own || name === besideName(own)) ||
  /^events\.out\.tfevents\.\d+\.gradstream$/.test(name)

/** Renames onto the first name that is free. A folder that is not empty is never replaced by a rename. */
function placed(made: string, wanted: string, disk: Disk): string {
  for (let number = 1; ; number++) {
    const path = number === 1 ? wanted : `${wanted}-${number}`
    if (fs.existsSync(path)) continue
    try {
      disk.renameSync(made, path)
      return path
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as { code?: string }).code ?? '')) throw error
    }
  }
}

/** Takes away what processes left that were killed while they made a folder. */
function clearLeft(directory: string): void {
  for (const name of fs.readdirSync(directory)) {
    const id = name.startsWith(NEW) ? Number(name.slice(NEW.length).split('-')[0]) : Number.NaN
    if (Number.isInteger(id) && isAlive({ ...thisProcess(), id }) === false)
      fs.rmSync(join(directory, name), { recursive: true, force: true })
  }
}

const contentOf = (file: string, description: Uint8Array): Uint8Array =>
  file === RUN ? description : file === NAMES ? headerOf([]) : new Uint8Array()

const besideName = (name: string) => `.${name}.new`

/** Writes a file under another name, brings it to the disk if it has to be sure, and lets it take its place by a rename. */
function writeBeside(path: string, bytes: Uint8Array, disk: Disk, isSure = true): void {
  const beside = join(dirname(path), besideName(basename(path)))
  const handle = disk.openSync(beside, 'w')
  try {
    writeAll(disk, handle, bytes, 0)
    if (isSure) disk.fsyncSync(handle)
  } finally {
    disk.closeSync(handle)
  }
  disk.renameSync(beside, path)
}

function writeAll(disk: Disk, handle: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; )
    done += disk.writeSync(handle, bytes, done, bytes.length - done, at + done)
}

/** @throws GradstreamError `FILE_NOT_WRITTEN` */
function written<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof GradstreamError) throw cause
    throw new GradstreamError('FILE_NOT_WRITTEN', {
      place: path,
      expected: 'a folder that can be written',
      got: show(cause),
      cause,
    })
  }
}
