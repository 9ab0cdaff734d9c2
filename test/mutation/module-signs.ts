/** The signs and constants in the WebAssembly kernels, and the module with one of them flipped in its bytes. */
import type { AsWritten, PlacedInstruction } from './as-written.ts'

export interface ModuleSign {
  readonly file: string
  readonly line: number
  /** What is flipped, and where in its line. */
  readonly change: string
  /** The module in which this sign is flipped. */
  readonly mutant: Uint8Array<ArrayBuffer>
}

/**
 * What has a sign, by its opcode. Vectors and numbers of 64 bits are no addresses, and no loop counts in them: each mutant
 * comes to an end, and stays in its memory.
 */
const OPERATIONS = new Map([
  [0x41, 'i32.const'],
  [0x43, 'f32.const'],
  [0x44, 'f64.const'],
  [0x7c, 'i64.add'],
  [0x7d, 'i64.sub'],
  [0x8c, 'f32.neg'],
  [0x92, 'f32.add'],
  [0x93, 'f32.sub'],
  [0x9a, 'f64.neg'],
  [0xa0, 'f64.add'],
  [0xa1, 'f64.sub'],
  [0xfd0ae, 'i32x4.add'],
  [0xfd0b1, 'i32x4.sub'],
  [0xfd0b6, 'i32x4.min_s'],
  [0xfd0b8, 'i32x4.max_s'],
  [0xfd0e1, 'f32x4.neg'],
  [0xfd0e4, 'f32x4.add'],
  [0xfd0e5, 'f32x4.sub'],
  [0xfd0e8, 'f32x4.min'],
  [0xfd0e9, 'f32x4.max'],
  [0xfd0ed, 'f64x2.neg'],
  [0xfd0f0, 'f64x2.add'],
  [0xfd0f1, 'f64x2.sub'],
  [0xfd0f4, 'f64x2.min'],
  [0xfd0f5, 'f64x2.max'],
  [0xfd105, 'f32x4.relaxed_madd'],
  [0xfd106, 'f32x4.relaxed_nmadd'],
])
/** What becomes of an operation when a sign is flipped; mulAdd and subMul are functions of vector.ts. */
const OPPOSITES = new Map(
  [
    ['add', 'sub'],
    ['min', 'max'],
    ['min_s', 'max_s'],
    ['relaxed_madd', 'relaxed_nmadd'],
    ['mulAdd', 'subMul'],
  ].flatMap(([one = '', other = '']) => [[one, other] as const, [other, one] as const]),
)
const NOP = 0x01
const CALL = 0x10
/** The bit of the sign, in the last byte of a constant. */
const SIGN = 0x80
/** Other whole numbers count in loops, and are addresses: those that a vector is made of, or shifted by. */
const TAKE_WHOLE_NUMBERS = new Set([
  0xfd011, // i32x4.splat
  0xfd0ab, // i32x4.shl
  0xfd0ac, // i32x4.shr_s
  0xfd0ad, // i32x4.shr_u
])

/** Every operation that has a sign, and every constant, by their places. */
export function signsOfModule({ module, functions }: AsWritten): ModuleSign[] {
  const bytesOf = ({ start, end }: PlacedInstruction) => module.subarray(start, end)
  /** The bytes of each instruction that is named, to be put in the place of its opposite. */
  const known = new Map(functions.flat().map(instruction => [nameOf(instruction), bytesOf(instruction)]))
  for (const [opcode, name] of OPERATIONS) known.set(name, encoded(opcode))

  const signs = new Map<string, ModuleSign>()
  for (const instructions of functions) {
    const counts = new Map<string, number>()
    for (const [i, instruction] of instructions.entries()) {
      const operation = nameOf(instruction)
      if (operation === 'i32.const' && !TAKE_WHOLE_NUMBERS.has(instructions[i + 1]?.opcode ?? 0)) continue
      const bytes = bytesOf(instruction)
      const flipped = flip(operation, bytes, known)
      if (!flipped) continue
      const { start, file, line, column, text, before } = instruction
      // The compiler's own function compares with a 0 that no source has.
      if (operation === 'f32.const' && text.startsWith('isFinite')) continue
      if (!isAt(text, operation, bytes) || flipped.length !== bytes.length)
        throw new Error(`${file}:${line} there is no ${operation} to be flipped in "${text}"`)
      // Both sums of a + b + c begin at one place. The same one in another function is the same sum of another type.
      const place = `${line}:${column} ${operation} ${file}`
      const count = (counts.get(place) ?? 0) + 1
      counts.set(place, count)
      const key = `${place} ${count}`
      const other = operation.endsWith('const') ? 'another' : 'the opposite of'
      const change = `${other} ${operation} at » in ${before}»${text}`
      const sign = signs.get(key) ?? { file, line, change, mutant: Uint8Array.from(module) }
      sign.mutant.set(flipped, start)
      signs.set(key, sign)
    }
  }
  for (const { file, line, change, mutant } of signs.values())
    if (!WebAssembly.validate(mutant)) throw new Error(`${file}:${line} is no module with ${change}`)
  return [...signs.values()]
}

/** What an instruction does: the name of an operation that has a sign, or of a function that it calls. */
const nameOf = ({ opcode, text }: PlacedInstruction): string =>
  OPERATIONS.get(opcode) ?? (opcode === CALL ? (/^\w+(?=\()/.exec(text)?.[0] ?? '') : '')

function flip(operation: string, bytes: Uint8Array, known: ReadonlyMap<string, Uint8Array>) {
  const [type, kind = type] = operation.split('.')
  if (kind === 'neg') return bytes.map(() => NOP)
  if (kind === 'const') return type === 'i32' ? withoutNumber(bytes) : withOtherNumber(bytes)
  const opposite = OPPOSITES.get(kind as string)
  return opposite && known.get(kind === type ? opposite : `${type}.${opposite}`)
}

/** 0 in as many bytes of LEB128; `undefined` where it is 0. */
function withoutNumber(constant: Uint8Array): Uint8Array | undefined {
  const last = constant.length - 1
  const zero = constant.map((byte, i) => (i === 0 ? byte : i === last ? 0 : 0x80))
  return zero.every((byte, i) => byte === constant[i]) ? undefined : zero
}

/** -x for x, and 1 for 0. */
function withOtherNumber(constant: Uint8Array): Uint8Array {
  const number = Uint8Array.from(constant)
  const view = new DataView(number.buffer, 1)
  const isZero = number.subarray(1).every(byte => byte === 0)
  if (!isZero) number.set([(number.at(-1) as number) ^ SIGN], number.length - 1)
  else if (view.byteLength === 4) view.setFloat32(0, 1, true)
  else view.setFloat64(0, 1, true)
  return number
}

/** An opcode of one byte, or a prefix and what follows it in LEB128. */
const encoded = (opcode: number): Uint8Array =>
  Uint8Array.from(opcode < 0x100 ? [opcode] : [opcode >> 12, (opcode & 0x7f) | 0x80, (opcode & 0xfff) >> 7])

/** Whether a source text begins with an operation, or with its first operand. */
function isAt(text: string, operation: string, bytes: Uint8Array): boolean {
  switch (operation) {
    case 'i32.const':
      return /^(\d|[A-Z_\d]+\b)/.test(text)
    case 'f32.const':
    case 'f64.const': {
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      const value = operation === 'f32.const' ? view.getFloat32(1, true) : view.getFloat64(1, true)
      const written = Number.parseFloat(text)
      return Number.isNaN(written) ? /^[A-Z_\d]+\b/.test(text) : Math.fround(written) === Math.fround(value)
    }
    case 'f32.neg':
    case 'f64.neg':
      return text.startsWith('-')
    case 'i64.add':
    case 'f32.add':
    case 'f64.add':
      return text.includes('+')
    case 'i64.sub':
    case 'f32.sub':
    case 'f64.sub':
      return text.includes('-')
    default:
      return text.startsWith(`${operation}(`)
  }
}
