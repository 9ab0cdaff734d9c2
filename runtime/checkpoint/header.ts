/** The header of a safetensors file: the JSON of names, types, shapes and places, and nothing else that JSON could hold. */
import { attempt, type GradstreamError, show } from '../../core/index.ts'
import { BITS, type Dtype } from './dtypes.ts'

/** A tensor as the header describes it. */
export interface Described {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Where its bytes begin and end, counted from the end of the header. */
  readonly begin: number
  readonly end: number
}

export interface Header {
  readonly tensors: Map<string, Described>
  readonly metadata: Map<string, string>
}

type Failed = (expected: string, got: string) => GradstreamError

export const METADATA = '__metadata__'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const [SPACE, QUOTE, BACKSLASH, ZERO, NINE] = [0x20, 0x22, 0x5c, 0x30, 0x39]
const isDigit = (byte = 0) => byte >= ZERO && byte <= NINE
/** A space, a tab or the end of a line. */
const isSpace = (byte = 0) => byte === SPACE || byte === 0x09 || byte === 0x0a || byte === 0x0d

/**
 * Reads the header from its bytes. It takes them one by one, and stops at the first that is wrong: `JSON.parse` would keep the last of two
 * equal names, and needs many times the memory of a text that is made to need it.
 */
export function readHeader(bytes: Uint8Array, failed: Failed): Header {
  const reader = new HeaderReader(bytes, failed)
  if (isSpace(bytes[0])) throw failed('a header that begins with "{"', 'a space')
  const tensors = new Map<string, Described>()
  const metadata = new Map<string, string>()
  reader.object('a name', name => {
    if (name === METADATA) reader.object('a name', key => metadata.set(key, reader.text('a text')))
    else tensors.set(name, describedBy(reader, name, failed))
  })
  reader.end()
  return { tensors, metadata }
}

function describedBy(reader: HeaderReader, name: string, failed: Failed): Described {
  const place = show(name)
  const found: { dtype?: Dtype; shape?: number[]; offsets?: number[] } = {}
  reader.object('dtype, shape or data_offsets', key => {
    if (key === 'dtype') {
      const given = reader.text('a type')
      if (!Object.hasOwn(BITS, given))
        throw failed(`${place} to have one of the types ${Object.keys(BITS).join(', ')}`, show(given))
      found.dtype = given as Dtype
    } else if (key === 'shape') found.shape = reader.numbers()
    else if (key === 'data_offsets') found.offsets = reader.numbers()
    else throw failed(`dtype, shape and data_offsets for ${place}`, show(key))
  })
  const { dtype, shape, offsets = [] } = found
  const [begin = 0, end = 0] = offsets
  if (dtype === undefined || shape === undefined || offsets.length !== 2)
    throw failed(`${place} to have a dtype, a shape and two data_offsets`, 'less, or more')
  return { dtype, shape, begin, end }
}

class HeaderReader {
  private readonly bytes: Uint8Array
  private readonly failed: Failed
  private at = 0

  constructor(bytes: Uint8Array, failed: Failed) {
    this.bytes = bytes
    this.failed = failed
  }

  /** Reads `{ name: ... }`; `entry` reads what stands behind each name. */
  object(names: string, entry: (name: string) => void): void {
    const known = new Set<string>()
    this.take('{')
    if (this.passes('}')) return
    do {
      const name = this.text(names)
      if (known.has(name)) throw this.failed('each name once', `${show(name)} twice`)
      known.add(name)
      this.take(':')
      entry(name)
    } while (this.passes(','))
    this.take('}')
  }

  numbers(): number[] {
    const numbers: number[] = []
    this.take('[')
    if (this.passes(']')) return numbers
    do numbers.push(this.number())
    while (this.passes(','))
    this.take(']')
    return numbers
  }

  private number(): number {
    this.skipSpaces()
    const start = this.at
    while (isDigit(this.bytes[this.at])) this.at++
    const digits = this.at - start
    if (digits === 0 || (digits > 1 && this.bytes[start] === ZERO)) throw this.unexpected('a whole number')
    // 2⁵³ has 16 digits.
    const value = digits > 16 ? Number.NaN : Number(decoder.decode(this.bytes.subarray(start, this.at)))
    if (Number.isSafeInteger(value)) return value
    throw this.failed('whole numbers below 2^53', `one of ${digits} digits`)
  }

  text(what: string): string {
    const { bytes } = this
    this.skipSpaces()
    const start = this.at
    if (bytes[start] !== QUOTE) throw this.unexpected(`${what} in quotes`)
    let end = start + 1
    let escapes = false
    for (; end < bytes.length && bytes[end] !== QUOTE; end++) {
      if ((bytes[end] as number) >= SPACE && bytes[end] !== BACKSLASH) continue
      if (bytes[end] !== BACKSLASH) break
      escapes = true
      end++
    }
    this.at = end
    if (bytes[end] !== QUOTE) throw this.unexpected(`the end of ${what}`)
    this.at = end + 1
    const raw = attempt(() => decoder.decode(bytes.subarray(start, this.at)))
    if (raw === undefined) throw this.failed('UTF-8', `other bytes in ${what}`)
    const value = escapes ? attempt(() => JSON.parse(raw) as string) : raw.slice(1, -1)
    if (value !== undefined && !/\p{Cs}/u.test(value)) return value
    throw this.failed(`${what} in quotes`, show(raw))
  }

  /** Padding consists of spaces. */
  end(): void {
    while (this.bytes[this.at] === SPACE) this.at++
    if (this.at < this.bytes.length) throw this.unexpected('the end of the header')
  }

  private passes(char: string): boolean {
    this.skipSpaces()
    if (this.bytes[this.at] !== char.charCodeAt(0)) return false
    this.at++
    return true
  }

  private take(char: string): void {
    if (!this.passes(char)) throw this.unexpected(`"${char}"`)
  }

  private skipSpaces(): void {
    while (isSpace(this.bytes[this.at])) this.at++
  }

  private unexpected(expected: string): GradstreamError {
    const byte = this.bytes[this.at]
    const got = byte === undefined ? 'the end' : show(String.fromCharCode(byte))
    return this.failed(`${expected} at byte ${this.at} of the header`, got)
  }
}
