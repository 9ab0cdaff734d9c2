/** `fromArrays`: arrays as a data set. */
import {
  adviceOn,
  attempt,
  CheckFailed,
  checkedAt,
  entriesOf,
  GradstreamError,
  type Numbers,
  recordOf,
  show,
  sizeOf,
  type TensorLike,
  tensor,
} from '../../core/index.ts'
import { type Column, Dataset } from './dataset.ts'

/**
 * A data set from one array for each input of the graph, with samples along the first axis: nested arrays,
 * tensors, or `{ shape, data }`, whose typed array is used without a copy.
 *
 * @throws GradstreamError `SHAPE_MISMATCH` for ragged arrays, `DATA_MISMATCH` for columns of different length,
 *   `DATA_NOT_FINITE` with the place of the first NaN, `DATA_EMPTY`.
 * @example fromArrays({ x: [[0, 0], [0, 1]], target: [[0], [1]] })
 */
export function fromArrays(arrays: Readonly<Record<string, TensorLike>>): Dataset {
  const columns = recordOf<Column>()
  let first: { name: string; rows: number } | undefined
  for (const [name, values] of checkedAt('fromArrays', 'INVALID_OPTION', () => arraysByName(arrays))) {
    const { shape, data } = numbersOf(name, values)
    const [rows, ...sample] = shape
    if (rows === undefined) {
      throw new GradstreamError('SHAPE_MISMATCH', {
        place: name,
        expected: 'an array of samples',
        got: 'a single number',
        hint: 'Pass a list with one entry for each sample.',
      })
    }
    first ??= { name, rows }
    if (rows !== first.rows) {
      throw new GradstreamError('DATA_MISMATCH', {
        place: name,
        expected: `${first.rows} samples, as in "${first.name}"`,
        got: String(rows),
        hint: 'Each column needs one entry for each sample.',
      })
    }
    demandFinite(name, data, sizeOf(sample))
    columns[name] = { shape: sample, data }
  }
  return new Dataset(columns)
}

function arraysByName(arrays: unknown): [string, TensorLike][] {
  const entries = entriesOf<TensorLike>(arrays as object)
  if (entries && entries.length > 0 && !entries.every(([name]) => name === 'shape' || name === 'data'))
    return entries
  if (entries?.length === 0) {
    throw new GradstreamError('DATA_EMPTY', {
      place: 'fromArrays',
      expected: 'an array for each input of the graph',
      got: 'none',
      hint: 'Name each column after an input of the graph: fromArrays({ x, target }).',
    })
  }
  const hint =
    adviceOn('data', arrays) ?? 'Name each column after an input of the graph: fromArrays({ x, target }).'
  throw new CheckFailed('an object with an array for each input of the graph', show(arrays), { hint })
}

function numbersOf(name: string, values: TensorLike): { shape: readonly number[]; data: Numbers } {
  const own = attempt(() => ownNumbers(values))
  if (own) return own
  try {
    return tensor(values, 'float64', name)
  } catch (error) {
    if (!(error instanceof GradstreamError) || error.code !== 'SHAPE_MISMATCH') throw error
    const hint =
      'Make all rows the same length, or stream sequences of different lengths: fromIterable(() => samples).'
    throw new GradstreamError(error.code, { ...error.toJSON(), hint })
  }
}

/** Numbers that can be used without a copy. */
function ownNumbers(values: TensorLike): { shape: readonly number[]; data: Numbers } | undefined {
  if (typeof values !== 'object' || !('data' in values)) return undefined
  const { shape, data } = values
  const typed = data instanceof Float32Array || data instanceof Float64Array
  const isShape = Array.isArray(shape) && shape.every(length => Number.isSafeInteger(length) && length >= 0)
  return typed && isShape && sizeOf(shape) === data.length ? { shape, data } : undefined
}

function demandFinite(name: string, data: Numbers, size: number): void {
  const place = data.findIndex(value => !Number.isFinite(value))
  if (place < 0) return
  throw new GradstreamError('DATA_NOT_FINITE', {
    place: `${name}, sample ${Math.floor(place / size)}, entry ${place % size}`,
    expected: 'a finite number',
    got: String(data[place]),
    hint: 'Replace the value, or remove the sample.',
  })
}
