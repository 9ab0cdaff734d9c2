/** Reads numbers of any type and byte order from bytes. */
import type { GradstreamError } from '../../../core/index.ts'

export type ElementType =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float16'
  | 'float32'
  | 'float64'

type Read = (view: DataView, at: number, isLittle: boolean) => number

const READ: Readonly<Record<ElementType, readonly [bytes: number, read: Read]>> = {
  uint8: [1, (view, at) => view.getUint8(at)],
  int8: [1, (view, at) => view.getInt8(at)],
  uint16: [2, (view, at, little) => view.getUint16(at, little)],
  int16: [2, (view, at, little) => view.getInt16(at, little)],
  uint32: [4, (view, at, little) => view.getUint32(at, little)],
  int32: [4, (view, at, little) => view.getInt32(at, little)],
  uint64: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  int64: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  float16: [2, (view, at, little) => halfOf(view.getUint16(at, little))],
  float32: [4, (view, at, little) => view.getFloat32(at, little)],
  float64: [8, (view, at, little) => view.getFloat64(at, little)],
}

/** The numbers from `start`, as float32 if that represents all of them exactly. */
export function elementsOf(
  bytes: Uint8Array,
  start: number,
  type: ElementType,
  count: number,
  isLittle: boolean,
  failed: (got: string) => GradstreamError,
): Float32Array | Float64Array {
  const [size, read] = READ[type]
  const there = Math.floor((bytes.length - start) / size)
  if (there < count) throw failed(`${there}, and then the end of the file`)
  const isExact = ['uint8', 'int8', 'uint16', 'int16', 'float16', 'float32'].includes(type)
  const data = isExact ? new Float32Array(count) : new Float64Array(count)
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, count * size)
  for (let i = 0, at = 0; i < count; i++, at += size) data[i] = read(view, at, isLittle)
  return data
}

/** IEEE 754 binary16: a sign, five bits of exponent, ten of fraction. */
export function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}
