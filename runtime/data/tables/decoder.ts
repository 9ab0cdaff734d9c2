/** Bytes to text: detects the encoding, and throws on invalid bytes. */
import { GradstreamError, show } from '../../../core/index.ts'
import type { Piece } from './open-source.ts'

/** Decodes pieces one after another. */
export class Decoder {
  /** The encoding, once it is known. */
  encoding: string | undefined
  /** Whether it was detected rather than given. */
  readonly isGuess: boolean
  private readonly place: string
  private decoder: InstanceType<typeof TextDecoder> | undefined
  private first: Uint8Array | undefined

  /** @throws GradstreamError `INVALID_OPTION` for an unknown encoding */
  constructor(place: string, encoding?: string) {
    this.place = place
    this.isGuess = encoding === undefined
    if (encoding !== undefined) this.begin(encoding)
  }

  /** The text of the next piece. A character cut in two waits for its second half. */
  decode(piece: Piece): string {
    if (typeof piece === 'string') return piece
    if (this.decoder) return this.run(piece, true)
    // A byte order mark can be cut in two as well.
    const bytes = this.first === undefined ? piece : joined(this.first, piece)
    if (bytes.byteLength < 4) {
      this.first = bytes
      return ''
    }
    this.first = undefined
    this.begin(encodingOf(bytes))
    return this.run(bytes, true)
  }

  /** The rest of the text, after the last piece. */
  end(): string {
    const { first } = this
    if (first !== undefined && this.decoder === undefined) {
      this.begin(encodingOf(first))
      this.first = undefined
      return this.run(first, false)
    }
    return this.decoder ? this.run(new Uint8Array(0), false) : ''
  }

  private begin(encoding: string): void {
    try {
      this.decoder = new TextDecoder(encoding, { fatal: true })
    } catch (cause) {
      throw new GradstreamError('INVALID_OPTION', {
        place: this.place,
        expected: "an encoding such as 'utf-8', 'utf-16le', 'windows-1252', 'windows-1251' or 'shift_jis'",
        got: show(encoding),
        cause,
      })
    }
    this.encoding = this.decoder.encoding
  }

  private run(bytes: Uint8Array, stream: boolean): string {
    try {
      return (this.decoder as InstanceType<typeof TextDecoder>).decode(bytes, { stream })
    } catch (cause) {
      throw new GradstreamError('ENCODING_INVALID', {
        place: this.place,
        expected: `text in ${this.encoding}`,
        got: 'bytes that are not valid',
        hint: this.isGuess
          ? "Pass its encoding, for example { encoding: 'windows-1252' } for a file from an older Windows program."
          : 'Pass the encoding in which the file was written.',
        cause,
      })
    }
  }
}

/** Detects the encoding by the byte order mark; without one, zero bytes reveal UTF-16. */
function encodingOf(bytes: Uint8Array): string {
  const [a = 1, b = 1] = bytes
  if (a === 0xff && b === 0xfe) return 'utf-16le'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  let [even, odd] = [0, 0]
  const length = Math.min(bytes.length, 1024)
  for (let i = 0; i < length; i++) {
    if (bytes[i] !== 0) continue
    if (i % 2 === 0) even++
    else odd++
  }
  if (odd > length / 8 && even === 0) return 'utf-16le'
  if (even > length / 8 && odd === 0) return 'utf-16be'
  return 'utf-8'
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
