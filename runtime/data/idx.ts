/** `idx`: an array from an IDX file, such as those of MNIST. */
import { GradstreamError, sizeOf, Tensor } from '../../core/index.ts'
import { allBytes, type TableSource } from './tables/bytes.ts'
import { type ElementType, elementsOf } from './tables/elements.ts'

const TYPES: Readonly<Record<number, ElementType>> = {
  8: 'uint8',
  9: 'int8',
  11: 'int16',
  12: 'int32',
  13: 'float32',
  14: 'float64',
}

/**
 * Reads an IDX file, the format of the MNIST digits, compressed with gzip or not. Returns a tensor [samples,
 * ...shape] of its raw numbers.
 *
 * @see http://yann.lecun.com/exdb/mnist/ for the format
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `ARRAY_INVALID`
 * @example const images = await idx('train-images-idx3-ubyte.gz') // [60000, 28, 28]
 */
export async function idx(source: TableSource): Promise<Tensor> {
  const { name, bytes: raw } = await allBytes(source, 'idx')
  const invalid = (expected: string, got: string) =>
    new GradstreamError('ARRAY_INVALID', { place: name, expected, got })
  const bytes =
    raw[0] === 0x1f && raw[1] === 0x8b ? await unzipped(raw, got => invalid('a gzip file', got)) : raw
  const type = bytes[2] === undefined ? undefined : TYPES[bytes[2]]
  const axes = bytes[3] ?? 0
  const start = 4 + 4 * axes
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined || axes === 0 || bytes.length < start) {
    throw invalid(
      'an IDX file: two zeros, a type, the number of axes',
      `one that begins with ${[...bytes.subarray(0, 4)].join(' ')}`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis))
  const data = elementsOf(bytes, start, type, sizeOf(shape), false, got =>
    invalid(`${sizeOf(shape)} numbers`, got),
  )
  return new Tensor(shape, data)
}

async function unzipped(bytes: Uint8Array, failed: (got: string) => GradstreamError): Promise<Uint8Array> {
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
      .stream()
      .pipeThrough(new DecompressionStream('gzip'))
    return new Uint8Array(await new Response(stream).arrayBuffer())
  } catch (cause) {
    throw failed(`an incomplete one: ${String(cause)}`)
  }
}
