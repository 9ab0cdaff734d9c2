/** `npy`: an array from a NumPy file. */
import { GradstreamError, show, sizeOf, Tensor } from '../../core/index.ts'
import { allBytes, type TableSource } from './tables/bytes.ts'
import { type ElementType, elementsOf } from './tables/elements.ts'

/** NumPy's type names, without the byte order. */
const TYPES: Readonly<Record<string, ElementType>> = {
  b1: 'uint8',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
}

/**
 * Reads an array that `numpy.save` wrote into a tensor: float32 arrays stay float32, all others become
 * float64. The array can be row-major or column-major, of booleans, integers or floating-point numbers.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 * @throws GradstreamError (as a rejection) `FILE_NOT_READ`, `ARRAY_INVALID`
 * @example const data = fromArrays({ x: await npy('x.npy'), target: await npy('y.npy') })
 */
export async function npy(source: TableSource): Promise<Tensor> {
  const { name, bytes } = await allBytes(source, 'npy')
  const invalid = (expected: string, got: string, hint?: string) =>
    new GradstreamError('ARRAY_INVALID', { place: name, expected, got, ...(hint && { hint }) })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = String.fromCharCode(...bytes.subarray(0, 6))
  if (magic !== '\x93NUMPY')
    throw invalid('a file that numpy.save wrote', `one that begins with ${show(magic)}`)
  if (bytes.length < 12) throw invalid('a header', 'the end of the file')
  const isLong = view.getUint8(6) > 1
  const start = isLong ? 12 : 10
  const end = start + (isLong ? view.getUint32(8, true) : view.getUint16(8, true))
  if (end > bytes.length) throw invalid(`a header of ${end - start} bytes`, 'the end of the file')
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, end))
  const [, order = '', type = ''] = /'descr':\s*'([<>|=]?)(\w+)'/.exec(header) ?? []
  const [, isColumnMajor] = /'fortran_order':\s*(True|False)/.exec(header) ?? []
  const [, axes] = /'shape':\s*\(([\d,\s]*)\)/.exec(header) ?? []
  const element = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
  if (element === undefined || isColumnMajor === undefined || axes === undefined) {
    throw invalid(
      'an array of numbers',
      header.trim().slice(0, 200),
      'Save it from NumPy as array.astype("float32").',
    )
  }
  const shape = axes.split(',').flatMap(axis => (axis.trim() === '' ? [] : [Number(axis)]))
  const data = elementsOf(bytes, end, element, sizeOf(shape), order !== '>', got =>
    invalid(`${sizeOf(shape)} numbers`, got),
  )
  return new Tensor(shape, isColumnMajor === 'True' ? rowMajor(data, shape) : data)
}

function rowMajor<T extends Float32Array | Float64Array>(data: T, shape: readonly number[]): T {
  const result = data.slice() as T
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)))
  const place = shape.map(() => 0)
  for (let i = 0; i < result.length; i++) {
    let from = 0
    for (let axis = 0; axis < shape.length; axis++)
      from += (place[axis] as number) * (strides[axis] as number)
    result[i] = data[from] as number
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = (place[axis] as number) + 1
      if ((place[axis] as number) < (shape[axis] as number)) break
      place[axis] = 0
    }
  }
  return result
}
