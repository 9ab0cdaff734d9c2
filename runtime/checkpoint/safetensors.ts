/**
 * safetensors: named tensors in bytes, as the library of Hugging Face reads and writes them. Eight bytes hold the length of the header, the
 * header is JSON, and the numbers follow without a gap.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
import {
  attempt,
  CheckFailed,
  check,
  checkedAt,
  GradstreamError,
  isRecord,
  type Numbers,
  recordOf,
  type Shape,
  show,
  showBytes,
  showShape,
  sizeOf,
  Tensor,
  type TensorLike,
  type TypedArray,
  tensor,
} from '../../core/index.ts'
import { BITS, type Dtype, decoded, inFileOrder, isReadable } from './dtypes.ts'
import { type Described, METADATA, readHeader } from './header.ts'

/** A tensor as it stands in a safetensors file. */
export class StoredTensor {
  readonly dtype: Dtype
  readonly shape: Shape
  /** The bytes in the file, lowest byte first. Not a copy. */
  readonly bytes: Uint8Array

  constructor(dtype: Dtype, shape: Shape, bytes: Uint8Array) {
    this.dtype = dtype
    this.shape = shape
    this.bytes = bytes
  }

  /**
   * The numbers as a tensor of your own: float32 where that holds all numbers of the type, float64 for `F64`, `I32`, `U32`, `I64`, `U64`.
   *
   * @throws GradstreamError `BAD_FILE` for a type without plain numbers, and for whole numbers beyond 2⁵³
   */
  toTensor(): Tensor {
    const { dtype, shape, bytes } = this
    const data = decoded(dtype, bytes)
    if (data) return new Tensor(shape, data)
    throw new GradstreamError('BAD_FILE', {
      place: `a stored tensor of shape ${showShape(shape)}`,
      expected: isReadable(dtype) ? 'whole numbers up to 2^53' : 'numbers that float64 holds',
      got: isReadable(dtype) ? 'a larger one' : `the type ${dtype}`,
      hint: 'Read its bytes: each stored tensor has them under bytes.',
    })
  }
}

/** A safetensors file, read. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, StoredTensor>>
  /** Texts that the writer of the file added. */
  readonly metadata: Readonly<Record<string, string>>
}

/** What `writeSafetensors` takes as a tensor. The type of a typed array is kept; other numbers become float32. */
export type Storable =
  | TensorLike
  | StoredTensor
  | { readonly shape: Shape; readonly data: TypedArray | BigInt64Array | BigUint64Array }

/** The limits of the format. */
const [LENGTH, LONGEST_HEADER] = [8, 100_000_000]

/**
 * Reads a safetensors file from its bytes, without copying a number: `toTensor()` of each tensor does.
 *
 * @throws GradstreamError `BAD_FILE` for anything that the format does not allow
 * @example readSafetensors(await readFile('model.safetensors')).tensors['dense1.kernel'].toTensor()
 */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): Safetensors {
  return safetensorsIn(bytesOf(bytes, 'readSafetensors'), 'readSafetensors')
}

/** The same, with the place of errors. */
export function safetensorsIn(bytes: Uint8Array, place: string): Safetensors {
  const failed = (expected: string, got: string) => new GradstreamError('BAD_FILE', { place, expected, got })
  if (bytes.length < LENGTH) throw failed('at least 8 bytes', String(bytes.length))
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  if (length > LONGEST_HEADER) throw failed(`a header of at most ${LONGEST_HEADER} bytes`, `one of ${length}`)
  const start = LENGTH + Number(length)
  if (start > bytes.length)
    throw failed(`a header of ${length} bytes`, `${bytes.length - LENGTH}, and then the end of the file`)
  const { tensors, metadata } = readHeader(bytes.subarray(LENGTH, start), failed)
  demandPlaces(tensors, bytes.length - start, failed)
  const stored = Array.from(tensors, ([name, { dtype, shape, begin, end }]) => {
    return [name, new StoredTensor(dtype, shape, bytes.subarray(start + begin, start + end))] as const
  })
  return { tensors: recordOf(stored), metadata: recordOf(metadata) }
}

type Failed = (expected: string, got: string) => GradstreamError

/** Each tensor has the bytes that its shape asks for, and together they are all bytes, each once. */
function demandPlaces(tensors: ReadonlyMap<string, Described>, size: number, failed: Failed): void {
  let next = 0
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)
  for (const [name, { dtype, shape, begin, end }] of inOrder) {
    const bits = shape.reduce((product, axis) => exact(product * axis), BITS[dtype])
    if (bits / 8 !== end - begin) {
      const expected = `${dtype} numbers of shape ${showShape(shape)} in ${show(name)}`
      throw failed(expected, `${end - begin} bytes`)
    }
    if (begin !== next) throw failed(`${show(name)} to begin at byte ${next} of the data`, String(begin))
    next = end
  }
  if (next !== size) throw failed(`${next} bytes of data`, String(size))
}

/** NaN for a product that is too large, also where a 0 follows. */
const exact = (product: number) => (Number.isSafeInteger(product) ? product : Number.NaN)

const TYPED = [
  [Float32Array, 'F32'],
  [Float64Array, 'F64'],
  [Int8Array, 'I8'],
  [Uint8Array, 'U8'],
  [Uint8ClampedArray, 'U8'],
  [Int16Array, 'I16'],
  [Uint16Array, 'U16'],
  [Int32Array, 'I32'],
  [Uint32Array, 'U32'],
  [BigInt64Array, 'I64'],
  [BigUint64Array, 'U64'],
] as const

/**
 * Writes tensors as the bytes of a safetensors file. Equal tensors give equal bytes: the widest types stand first, and then the names are in
 * order.
 *
 * @param metadata texts for whoever reads the file; none by default
 * @throws GradstreamError `INVALID_OPTION`, `SHAPE_MISMATCH`, `DATA_NOT_FINITE`, `TOO_LARGE`
 * @example await writeFile('model.safetensors', writeSafetensors(model.parameters()))
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, Storable>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  return safetensorsFrom(tensors, undefined, metadata)
}

/** The same, in memory that `lend` gives: all of it is written. */
export function safetensorsFrom(
  tensors: Readonly<Record<string, Storable>>,
  lend = (bytes: number): Uint8Array<ArrayBuffer> => new Uint8Array(bytes),
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const place = 'writeSafetensors'
  const [entries, notes] = checkedAt(place, 'INVALID_OPTION', () => {
    const notes = check.byName({ metadata })
    for (const [name, note] of notes)
      if (typeof note !== 'string') throw new CheckFailed(`a text for "${name}" in metadata`, show(note))
    return [check.byName({ tensors }), notes] as const
  })
  for (const text of [...entries.map(([name]) => name), ...notes.flat()]) demandText(text, place)
  const byName = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]) =>
    a < b ? -1 : 1
  const stored = entries
    .map(([name, given]) => [name, storedFrom(given, `${place}: "${name}"`)] as const)
    .sort((a, b) => BITS[b[1].dtype] - BITS[a[1].dtype] || byName(a, b))
  let size = 0
  const described = stored.map(([name, { dtype, shape, bytes }]) => {
    const offsets = [size, size + bytes.length]
    size += bytes.length
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`
  })
  const own = JSON.stringify(recordOf(notes.sort(byName)))
  if (notes.length > 0) described.unshift(`"${METADATA}":${own}`)
  const header = new TextEncoder().encode(`{${described.join()}}`)
  // Padded, so that the numbers begin at a multiple of eight.
  const length = Math.ceil(header.length / 8) * 8
  const file = length > LONGEST_HEADER ? undefined : attempt(() => lend(LENGTH + length + size))
  if (!file) {
    throw new GradstreamError('TOO_LARGE', {
      place,
      expected: `a header of at most ${showBytes(LONGEST_HEADER)}, and bytes that fit in memory`,
      got: `${showBytes(length)} and ${showBytes(size)}`,
      hint: 'Write the tensors into several files.',
    })
  }
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true)
  file.set(header, LENGTH)
  file.fill(0x20, LENGTH + header.length, LENGTH + length)
  let at = LENGTH + length
  for (const [, { bytes }] of stored) {
    file.set(bytes, at)
    at += bytes.length
  }
  return file
}

function demandText(text: string, place: string): void {
  if (text !== METADATA && !/\p{Cs}/u.test(text)) return
  throw new GradstreamError('INVALID_OPTION', {
    place,
    expected: `well-formed texts other than ${METADATA}`,
    got: show(text),
  })
}

function storedFrom(given: Storable, place: string): StoredTensor {
  const stored = attempt(() => (given instanceof StoredTensor ? given : typed(given)))
  return stored ?? storedFrom(tensor(given as TensorLike, 'float32', place), place)
}

/** A typed array with a shape that fits, or a tensor, with its own type; undefined for anything else. */
function typed(given: Storable): StoredTensor | undefined {
  if (!(given instanceof Tensor || isRecord(given))) return undefined
  const { shape, data } = given as { shape: Shape; data: Numbers | BigInt64Array }
  const [, dtype] = TYPED.find(([type]) => data instanceof type) ?? []
  const isShape = shape.every(axis => Number.isSafeInteger(axis) && axis >= 0)
  if (dtype === undefined || !isShape || sizeOf(shape) !== data.length) return undefined
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return new StoredTensor(dtype, [...shape], inFileOrder(bytes, data.BYTES_PER_ELEMENT))
}

/** Bytes as one view. */
export function bytesOf(given: Uint8Array | ArrayBuffer, place: string): Uint8Array {
  const bytes = attempt(() => (given instanceof ArrayBuffer ? new Uint8Array(given) : given))
  if (attempt(() => bytes instanceof Uint8Array)) return bytes as Uint8Array
  throw new GradstreamError('INVALID_OPTION', {
    place,
    expected: 'the bytes of a file, as a Uint8Array or an ArrayBuffer',
    got: show(given),
    hint: "Read the file first: await readFile('model.safetensors').",
  })
}
