/** The instructions of a WebAssembly module, read after chapter 5, "Binary Format", of its specification. */

export interface Instruction {
  /** What it does; behind a prefix byte the number that follows, with the prefix before it: 0xfd0e4 is `f32x4.add`. */
  readonly opcode: number
  /** Where it stands in the module, where its operands begin, and where they end. */
  readonly start: number
  readonly operands: number
  readonly end: number
}

const CODE_SECTION = 10
/** Where sections begin: behind four bytes of name and four of version. */
const FIRST_SECTION = 8

/** Instructions from one opcode to another, with so many integers and then so many bytes as operands. */
const OPERANDS: readonly (readonly [first: number, last: number, integers: number, bytes: number])[] = [
  [0x00, 0x01, 0, 0], // unreachable, nop
  [0x02, 0x04, 1, 0], // block, loop, if
  [0x05, 0x05, 0, 0], // else
  [0x0b, 0x0b, 0, 0], // end
  [0x0c, 0x0d, 1, 0], // br, br_if
  [0x0f, 0x0f, 0, 0], // return
  [0x10, 0x10, 1, 0], // call
  [0x1a, 0x1b, 0, 0], // drop, select
  [0x20, 0x24, 1, 0], // locals and globals
  [0x28, 0x3e, 2, 0], // load, store
  [0x3f, 0x40, 1, 0], // the size of memory
  [0x41, 0x42, 1, 0], // i32.const, i64.const
  [0x43, 0x43, 0, 4], // f32.const
  [0x44, 0x44, 0, 8], // f64.const
  [0x45, 0xc4, 0, 0], // numbers
  [0xfc000, 0xfc007, 0, 0], // numbers cut off where an integer ends
  [0xfc00a, 0xfc00a, 2, 0], // memory.copy
  [0xfc00b, 0xfc00b, 1, 0], // memory.fill
  [0xfd000, 0xfd00b, 2, 0], // load and store vectors
  [0xfd00c, 0xfd00d, 0, 16], // v128.const, i8x16.shuffle
  [0xfd00e, 0xfd014, 0, 0], // swizzle, splat
  [0xfd015, 0xfd022, 0, 1], // extract and replace a lane
  [0xfd023, 0xfd053, 0, 0], // compare, bits
  [0xfd054, 0xfd05b, 2, 1], // load and store a lane
  [0xfd05c, 0xfd05d, 2, 0], // load into the first lane
  [0xfd05e, 0xfd113, 0, 0], // vectors of numbers, relaxed ones too
]

/** The instructions of each function that the module defines. */
export function functionsOf(module: Uint8Array): Instruction[][] {
  let at = FIRST_SECTION
  /** An unsigned integer in LEB128; of a signed one only the end is right. */
  const integer = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = module[at++] as number
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  const times = <T>(count: number, read: () => T) => Array.from({ length: count }, read)

  const instruction = (): Instruction => {
    const start = at
    const first = module[at++] as number
    const opcode = first === 0xfc || first === 0xfd ? first * 0x1000 + integer() : first
    const operands = at
    const row = OPERANDS.find(([from, to]) => from <= opcode && opcode <= to)
    if (!row) throw new Error(`byte ${start}: there is no instruction 0x${opcode.toString(16)} here`)
    times(row[2], integer)
    at += row[3]
    return { opcode, start, operands, end: at }
  }

  const body = (): Instruction[] => {
    const size = integer()
    const end = at + size
    // Locals, as many of each type: of one byte each.
    times(integer(), () => [integer(), at++])
    const instructions: Instruction[] = []
    while (at < end) instructions.push(instruction())
    if (at !== end)
      throw new Error(`byte ${at}: an instruction goes beyond its function, which ends at ${end}`)
    return instructions
  }

  while (at < module.length) {
    const id = module[at++]
    const size = integer()
    if (id === CODE_SECTION) return times(integer(), body)
    at += size
  }
  throw new Error('there is no code in this module')
}
