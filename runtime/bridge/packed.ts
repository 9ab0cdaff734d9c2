/** Tensors in answers as base64 text: several times smaller and faster than their numbers in JSON. */
import type { Tensor, TensorJson } from '../../core/index.ts'

export interface PackedTensor {
  readonly shape: readonly number[]
  /** The numbers, row-major, little-endian, in base64. */
  readonly packed: string
  /** The bytes of a number: 4 for float32, 8 for float64. */
  readonly bytes: 4 | 8
}

/** How many bytes become text at a time: a call takes only so many arguments. */
const PIECE = 8192

/** Every machine that runs this is little-endian, and so are its typed arrays. */
export function pack({ shape, data }: Tensor): PackedTensor {
  const content = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  let text = ''
  for (let i = 0; i < content.length; i += PIECE)
    text += String.fromCharCode(...content.subarray(i, i + PIECE))
  return { shape, packed: btoa(text), bytes: data instanceof Float64Array ? 8 : 4 }
}

export function unpack({ shape, packed, bytes }: PackedTensor): TensorJson {
  const text = atob(packed)
  const content = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) content[i] = text.charCodeAt(i)
  const numbers = bytes === 8 ? new Float64Array(content.buffer) : new Float32Array(content.buffer)
  return { shape: [...shape], data: Array.from(numbers) }
}
