/**
 * Whole tensors as binary messages: a header of 8-byte words, little-endian, then the numbers.
 *
 *     0  'G' 'S' 1   two letters and the version of this layout
 *     3  dtype       4 for float32, 8 for float64: the bytes of a number
 *     4  rank        32 bits
 *     8  step        float64
 *    16  n           32 bits: counts what is made for this client, as in events and results
 *    20  watch       the length of its id in bytes, 32 bits; then the dimensions, 32 bits each; then the id in UTF-8
 *     …  numbers     from the next multiple of 8 bytes on
 */
import { GradstreamError, type Shape, sizeOf, Tensor } from '../../core/index.ts'

export interface TensorFrame {
  readonly n: number
  readonly watch: string
  readonly step: number
  readonly tensor: Tensor
}

const MAGIC = [0x47, 0x53, 1] as const
const FIXED = 24
const padded = (bytes: number) => Math.ceil(bytes / 8) * 8

/** The tensor is copied. */
export function encodeFrame({ n, watch, step, tensor }: TensorFrame): Uint8Array {
  const { shape, data } = tensor
  const id = new TextEncoder().encode(watch)
  const start = padded(FIXED + 4 * shape.length + id.length)
  const frame = new Uint8Array(start + data.byteLength)
  const view = new DataView(frame.buffer)
  frame.set(MAGIC)
  view.setUint8(3, data.BYTES_PER_ELEMENT)
  view.setUint32(4, shape.length, true)
  view.setFloat64(8, step, true)
  view.setUint32(16, n, true)
  view.setUint32(20, id.length, true)
  shape.forEach((length, axis) => {
    view.setUint32(FIXED + 4 * axis, length, true)
  })
  frame.set(id, FIXED + 4 * shape.length)
  frame.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start)
  return frame
}

/**
 * The tensor is a view of the frame if its alignment allows, else a copy.
 *
 * @throws GradstreamError `INVALID_MESSAGE`
 */
export function decodeFrame(frame: Uint8Array): TensorFrame {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const fail = (expected: string, got: unknown) => {
    throw new GradstreamError('INVALID_MESSAGE', { place: 'binary frame', expected, got: String(got) })
  }
  if (frame.length < FIXED || MAGIC.some((byte, i) => frame[i] !== byte)) fail('a tensor', 'something else')
  const bytes = view.getUint8(3)
  const numbers = { 4: Float32Array, 8: Float64Array }[bytes]
  const rank = view.getUint32(4, true)
  const idLength = view.getUint32(20, true)
  const start = padded(FIXED + 4 * rank + idLength)
  if (!numbers || start > frame.length) return fail('a tensor header', `one of ${frame.length} bytes`)
  const shape: Shape = Array.from({ length: rank }, (_, axis) => view.getUint32(FIXED + 4 * axis, true))
  const size = sizeOf(shape)
  if (start + size * bytes !== frame.length) fail(`${size} numbers`, `${frame.length - start} bytes`)
  const watch = new TextDecoder().decode(frame.subarray(FIXED + 4 * rank, FIXED + 4 * rank + idLength))
  const offset = frame.byteOffset + start
  const data =
    offset % bytes === 0
      ? new numbers(frame.buffer as ArrayBuffer, offset, size)
      : new numbers(frame.slice(start).buffer)
  return {
    n: view.getUint32(16, true),
    watch,
    step: view.getFloat64(8, true),
    tensor: new Tensor(shape, data),
  }
}
