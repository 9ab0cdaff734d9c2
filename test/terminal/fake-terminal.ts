/** A terminal in memory: text and the few control sequences that move in it come in, and what is seen comes out. */
import { Writable } from 'node:stream'
import type { Screen } from 'gradstream/terminal'

const ESCAPE = '\x1b'
const SEQUENCE = new RegExp(`^${ESCAPE}\\[(\\??)(\\d*)([A-Za-z])`)

export class FakeTerminal extends Writable implements Screen {
  readonly isTTY = true
  readonly columns: number
  cursorVisible = true
  /** Everything that was written, as it came. */
  written = ''
  private readonly rows: string[] = ['']
  private x = 0
  private y = 0

  constructor(columns = 80) {
    super({ decodeStrings: false })
    this.columns = columns
  }

  /** The lines that are seen, without blank ones at the end. */
  get lines(): string[] {
    return this.rows
      .join('\n')
      .trimEnd()
      .split('\n')
      .map(row => row.trimEnd())
  }

  override _write(chunk: string, _: BufferEncoding, done: () => void): void {
    this.written += chunk
    for (let rest = chunk; rest !== ''; ) {
      const sequence = SEQUENCE.exec(rest)
      if (sequence) this.control(sequence[3] as string, sequence[1] + (sequence[2] as string))
      else this.put(rest.charAt(0))
      rest = rest.slice(sequence ? sequence[0].length : 1)
    }
    done()
  }

  private put(character: string): void {
    if (character === '\n') {
      this.y++
      this.x = 0
      this.rows[this.y] ??= ''
      return
    }
    if (this.x === this.columns) this.put('\n')
    const row = (this.rows[this.y] as string).padEnd(this.x)
    this.rows[this.y] = row.slice(0, this.x) + character + row.slice(this.x + 1)
    this.x++
  }

  private control(final: string, argument: string): void {
    const row = this.rows[this.y] as string
    if (final === 'G') this.x = Number(argument) - 1
    else if (final === 'K') this.rows[this.y] = argument === '2' ? '' : row.slice(0, this.x)
    else if (final === 'J') {
      this.rows[this.y] = row.slice(0, this.x)
      this.rows.length = this.y + 1
    } else if (argument === '?25') this.cursorVisible = final === 'h'
    else throw new Error(`the terminal was sent ${argument}${final}, which it does not know`)
  }
}

/** A pipe or file in memory. */
export class FakePipe extends Writable implements Screen {
  written = ''

  constructor() {
    super({ decodeStrings: false })
  }

  override _write(chunk: string, _: BufferEncoding, done: () => void): void {
    this.written += chunk
    done()
  }
}
