/** The types of numbers in a safetensors file. */
import type { Numbers } from '../../core/index.ts'
import { halfOf } from '../data/tables/elements.ts'

/** How many bits a number takes, by the names of the format. */
export const BITS = {
  F64: 64,
  F32: 32,
  F16: 16,
  BF16: 16,
  I64: 64,
  U64: 64,
  I32: 32,
  U32: 32,
  I16: 16,
  U16: 16,
  I8: 8,
  U8: 8,
  BOOL: 8,
  C64: 64,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F6_E3M2: 6,
  F6_E2M3: 6,
  F4: 4,
} as const

export type Dtype = keyof typeof BITS

type Decode = (raw: ArrayBuffer) => Numbers | undefined

/** The numbers in raw bytes, as float32 where that holds all of them; undefined where not even float64 does. */
const DECODE: Partial<Record<Dtype, Decode>> = {
  F64: raw => new Float64Array(raw),
  F32: raw => new Float32Array(raw),
  F16: raw => mapped(new Uint16Array(raw), halfOf),
  // The upper half of a float32.
  BF16: raw => new Float32Array(Uint32Array.from(new Uint16Array(raw), bits => bits << 16).buffer),
  I64: raw => whole(new BigInt64Array(raw)),
  U64: raw => whole(new BigUint64Array(raw)),
  I32: raw => new Float64Array(new Int32Array(raw)),
  U32: raw => new Float64Array(new Uint32Array(raw)),
  I16: raw => new Float32Array(new Int16Array(raw)),
  U16: raw => new Float32Array(new Uint16Array(raw)),
  I8: raw => new Float32Array(new Int8Array(raw)),
  U8: raw => new Float32Array(new Uint8Array(raw)),
  BOOL: raw => new Float32Array(new Uint8Array(raw)),
  // The upper half of a float16.
  F8_E5M2: raw => mapped(new Uint8Array(raw), bits => halfOf(bits << 8)),
  F8_E4M3: raw => mapped(new Uint8Array(raw), quarterOf),
}

export const isReadable = (dtype: Dtype): boolean => dtype in DECODE

/** The numbers in bytes that stand as in a file, or undefined where a whole number is beyond 2⁵³. */
export const decoded = (dtype: Dtype, bytes: Uint8Array): Numbers | undefined =>
  DECODE[dtype]?.(inHostOrder(bytes, BITS[dtype] / 8).buffer)

/** Numbers of more than one byte stand in the files with the lowest byte first, as in the memory of almost every machine. */
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** The bytes of numbers in memory as they stand in a file. */
export const inFileOrder = (bytes: Uint8Array, width: number): Uint8Array =>
  isLittleEndian ? bytes : inHostOrder(bytes, width)

/** A copy with the bytes of each number in the order of this machine. */
function inHostOrder(bytes: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes)
  if (!isLittleEndian) for (let at = 0; at < copy.length; at += width) copy.subarray(at, at + width).reverse()
  return copy
}

function mapped(bits: Uint8Array | Uint16Array, read: (bits: number) => number): Float32Array {
  const data = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) data[i] = read(bits[i] as number)
  return data
}

function whole(numbers: BigInt64Array | BigUint64Array): Float64Array | undefined {
  const data = new Float64Array(numbers.length)
  for (let i = 0; i < numbers.length; i++) {
    data[i] = Number(numbers[i])
    if (!Number.isSafeInteger(data[i])) return undefined
  }
  return data
}

/** E4M3: a sign, four bits of exponent, three of fraction; no infinities. */
function quarterOf(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1
  const exponent = (bits >> 3) & 15
  const fraction = bits & 7
  if (exponent === 15 && fraction === 7) return Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** -9 : (8 + fraction) * 2 ** (exponent - 10))
}
