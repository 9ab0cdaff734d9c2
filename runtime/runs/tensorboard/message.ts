/** Messages of protocol buffers: as many kinds of fields as event files have. https://protobuf.dev/programming-guides/encoding */

/** How the bytes of a field are laid out. */
export const WIRE = { varint: 0, eight: 1, length: 2, four: 5 } as const

/** Writes a message, field by field. A number that is 0 is left out, as all readers expect, but not where a field says which kind a value is. */
export class MessageWriter {
  private readonly bytes: number[] = []
  private readonly number = new DataView(new ArrayBuffer(8))

  double(field: number, value: number): this {
    if (value === 0) return this
    this.key(field, WIRE.eight)
    return this.eight(value)
  }

  /** Also 0. */
  float(field: number, value: number): this {
    this.key(field, WIRE.four)
    this.number.setFloat32(0, value, true)
    return this.copied(4)
  }

  /** A whole number that is not below 0. */
  integer(field: number, value: number): this {
    if (value === 0) return this
    this.key(field, WIRE.varint)
    return this.varint(value)
  }

  text(field: number, value: string): this {
    return this.message(field, new TextEncoder().encode(value))
  }

  message(field: number, content: Uint8Array): this {
    this.key(field, WIRE.length)
    this.varint(content.length)
    for (const byte of content) this.bytes.push(byte)
    return this
  }

  /** Numbers behind one another. */
  doubles(field: number, values: readonly number[]): this {
    this.key(field, WIRE.length)
    this.varint(8 * values.length)
    for (const value of values) this.eight(value)
    return this
  }

  get content(): Uint8Array {
    return Uint8Array.from(this.bytes)
  }

  private key(field: number, wire: number): void {
    this.varint(8 * field + wire)
  }

  /** Seven bits in each byte, the lowest first. */
  private varint(value: number): this {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.bytes.push((rest % 128) + 128)
    this.bytes.push(rest)
    return this
  }

  private eight(value: number): this {
    this.number.setFloat64(0, value, true)
    return this.copied(8)
  }

  private copied(count: number): this {
    for (let i = 0; i < count; i++) this.bytes.push(this.number.getUint8(i))
    return this
  }
}

/** A field as it was found. A `varint` has a whole number, and what has a length is a part of the bytes that were given. */
export interface Field {
  readonly field: number
  readonly wire: number
  readonly number: number
  readonly bytes: Uint8Array
}

const NONE = new Uint8Array()
const LONGEST_VARINT = 10

/** The fields of a message, in order; undefined if the bytes are none. No field is longer than what is there. */
export function fieldsIn(bytes: Uint8Array): Field[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields: Field[] = []
  let at = 0
  const varint = (): number | undefined => {
    const start = at
    let value = 0
    for (let scale = 1; at < bytes.length && at - start < LONGEST_VARINT; scale *= 128) {
      const byte = bytes[at++] as number
      value += (byte & 127) * scale
      if (byte < 128) return Number.isSafeInteger(value) ? value : signed(bytes.subarray(start, at))
    }
    return undefined
  }
  while (at < bytes.length) {
    const key = varint()
    if (key === undefined || key < 8) return undefined
    const [field, wire] = [Math.floor(key / 8), key % 8]
    const length =
      wire === WIRE.eight
        ? 8
        : wire === WIRE.four
          ? 4
          : wire === WIRE.varint || wire === WIRE.length
            ? varint()
            : undefined
    if (length === undefined || (wire === WIRE.length && length < 0)) return undefined
    if (wire === WIRE.varint) {
      fields.push({ field, wire, number: length, bytes: NONE })
      continue
    }
    if (at + length > bytes.length) return undefined
    const number =
      wire === WIRE.eight ? view.getFloat64(at, true) : wire === WIRE.four ? view.getFloat32(at, true) : 0
    fields.push({ field, wire, number, bytes: bytes.subarray(at, at + length) })
    at += length
  }
  return fields
}

/** A negative number stands as what it lacks to 2⁶⁴. */
function signed(varint: Uint8Array): number {
  const bits = varint.reduceRight((sum, byte) => sum * 128n + BigInt(byte & 127), 0n)
  return Number(BigInt.asIntN(64, bits))
}
