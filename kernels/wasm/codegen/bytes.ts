/** Bytes that are written one after another, with the numbers of variable length that WebAssembly uses (LEB128). */
export class Bytes {
  private content = new Uint8Array(256)
  length = 0

  byte(value: number): this {
    this.reserve(1)
    this.content[this.length++] = value
    return this
  }

  /** A whole number from 0 to 2³² - 1. */
  unsigned(value: number): this {
    let rest = value >>> 0
    for (; rest > 127; rest >>>= 7) this.byte((rest & 127) | 128)
    return this.byte(rest)
  }

  /** A whole number of 32 bits with its sign. */
  signed(value: number): this {
    let rest = value | 0
    while (rest < -64 || rest > 63) {
      this.byte((rest & 127) | 128)
      rest >>= 7
    }
    return this.byte(rest & 127)
  }

  /** 32 bits, the lowest byte first. */
  word(bits: number): this {
    this.reserve(4)
    for (let shift = 0; shift < 32; shift += 8) this.content[this.length++] = bits >>> shift
    return this
  }

  /** A text behind its length in bytes. */
  text(value: string): this {
    const encoded = new TextEncoder().encode(value)
    this.unsigned(encoded.length)
    for (const byte of encoded) this.byte(byte)
    return this
  }

  append(other: Bytes): this {
    this.reserve(other.length)
    this.content.set(other.content.subarray(0, other.length), this.length)
    this.length += other.length
    return this
  }

  /** A copy of what has been written. */
  taken(): Uint8Array<ArrayBuffer> {
    return this.content.slice(0, this.length)
  }

  private reserve(more: number): void {
    if (this.length + more <= this.content.length) return
    const larger = new Uint8Array(Math.max(2 * this.content.length, this.length + more))
    larger.set(this.content)
    this.content = larger
  }
}
