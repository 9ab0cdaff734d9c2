/** Files that lines are appended to, in Node. The import `#line-file` resolves to `line-file.browser.ts` elsewhere. */
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GradstreamError, show } from '../../../core/index.ts'

/** What writes to the disk; another one in tests, which fails where it is told to. */
export type Disk = Pick<typeof fs, 'openSync' | 'writeSync' | 'closeSync'>

/** What a file has to begin with, so that nobody else's is changed. */
export interface Expected {
  readonly words: string
  accepts(first: string): boolean
}

/** How much waits at most for a disk that is full. */
const MOST_WAITING = 2 ** 20
const BLOCK = 2 ** 16

/**
 * Appends whole lines. A process that is killed leaves every line that was written, and at most a part of the one under way, which is
 * taken away when the file is opened again.
 */
export class LineFile {
  /** Whether it has no line yet. */
  readonly isNew: boolean
  private readonly path: string
  private readonly disk: Disk
  private handle: number | undefined
  /** What is not written yet, and by how many bytes too much there was. */
  private waiting: Buffer = Buffer.alloc(0)
  private lost = 0

  /**
   * Goes on behind what is there, where `expected` accepts its first line, or begins anew.
   *
   * @throws GradstreamError `FILE_NOT_WRITTEN`
   */
  constructor(path: string | URL, append: boolean, expected: Expected, disk: Disk = fs) {
    this.path = path instanceof URL ? fileURLToPath(path) : path
    this.disk = disk
    try {
      fs.mkdirSync(dirname(this.path), { recursive: true })
      this.handle = disk.openSync(this.path, append ? 'a+' : 'w+')
      this.isNew = !append || cutUnfinished(this.path, this.handle, expected)
    } catch (cause) {
      this.close()
      throw cause instanceof GradstreamError ? cause : notWritten(this.path, cause)
    }
  }

  /**
   * Appends a line. What cannot be written waits for the next one, up to 1 MiB; lines beyond that are left out, and only as a whole.
   *
   * @throws GradstreamError `FILE_NOT_WRITTEN`
   */
  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`)
    if (this.waiting.length + bytes.length > MOST_WAITING && this.waiting.length > 0) this.lost++
    else this.waiting = this.waiting.length === 0 ? bytes : Buffer.concat([this.waiting, bytes])
    this.flush()
  }

  /** How many lines were left out. */
  get leftOut(): number {
    return this.lost
  }

  private flush(): void {
    try {
      this.handle ??= this.disk.openSync(this.path, 'a+')
      while (this.waiting.length > 0)
        this.waiting = this.waiting.subarray(this.disk.writeSync(this.handle, this.waiting))
    } catch (cause) {
      throw notWritten(this.path, cause)
    }
  }

  /** Closes the file; the next line opens it again. */
  close(): void {
    if (this.handle === undefined) return
    const { handle } = this
    this.handle = undefined
    try {
      this.disk.closeSync(handle)
    } catch (cause) {
      throw notWritten(this.path, cause)
    }
  }
}

function firstLine(handle: number): string {
  const block = Buffer.alloc(BLOCK)
  const [line = ''] = block.toString('utf8', 0, fs.readSync(handle, block, 0, BLOCK, 0)).split('\n')
  return line
}

/** Takes away what follows the last end of a line. Says whether nothing is left. */
function cutUnfinished(path: string, handle: number, { words, accepts }: Expected): boolean {
  const first = firstLine(handle)
  if (first !== '' && !accepts(first)) {
    throw new GradstreamError('FILE_NOT_WRITTEN', {
      place: path,
      expected: `a new file, or ${words}`,
      got: show(first),
      hint: 'Choose another file, or begin anew with { append: false }.',
    })
  }
  const { size } = fs.fstatSync(handle)
  const whole = endOfLines(handle, size)
  if (whole < size) fs.truncateSync(path, whole)
  return whole === 0
}

/** Behind the last end of a line. */
function endOfLines(handle: number, size: number): number {
  for (let end = size; end > 0; end -= BLOCK) {
    const block = Buffer.alloc(Math.min(BLOCK, end))
    fs.readSync(handle, block, 0, block.length, end - block.length)
    const at = block.lastIndexOf('\n')
    if (at >= 0) return end - block.length + at + 1
  }
  return 0
}

const notWritten = (path: string, cause: unknown) =>
  new GradstreamError('FILE_NOT_WRITTEN', {
    place: path,
    expected: 'a file that can be written',
    got: show(cause),
    cause,
  })
