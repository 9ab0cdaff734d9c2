/** Samples that arrive one by one. */
import {
  entryOf,
  fitsShape,
  GradstreamError,
  type Nested,
  type Numbers,
  type PortShape,
  recordOf,
  type Shape,
  show,
  showSample,
  sizeOf,
  type TensorLike,
  tensor,
} from '../../core/index.ts'
import { standardize } from './scaling.ts'
import type { EpochOptions } from './source.ts'

/** One sample: a value for each input of the graph. */
export type Sample = Readonly<Record<string, TensorLike>>

/** A sample and its number in the order of its source, from 0. */
export interface NumberedSample {
  readonly number: number
  readonly sample: Sample
}

/** The numbers of one sample, by input. */
export interface Row {
  readonly number: number
  readonly columns: Readonly<Record<string, Numbers>>
  /** The shapes of those with an open axis. */
  readonly shapes: Readonly<Record<string, Shape>>
}

/**
 * Copies the numbers of a sample and standardizes them. A sample is read on arrival, so errors come in the
 * order of the source, and a source may reuse one object for all samples.
 *
 * @throws GradstreamError `DATA_MISMATCH`, `DATA_NOT_FINITE`, `SHAPE_MISMATCH`, all with the number of the sample
 */
export function readSample({ number, sample }: NumberedSample, { inputs, scalings }: EpochOptions): Row {
  const place = `data, sample ${number}`
  if (typeof sample !== 'object' || sample === null) {
    throw new GradstreamError('DATA_MISMATCH', {
      place,
      expected: 'an object with a value for each input',
      got: show(sample),
      hint: 'Pass samples such as { x: [0, 1], target: [1] }.',
    })
  }
  const columns = recordOf<Numbers>()
  const shapes = recordOf<Shape>()
  for (const [name, shape] of Object.entries(inputs)) {
    const values = entryOf(sample, name)
    if (values === undefined) {
      throw new GradstreamError('DATA_MISMATCH', {
        place,
        expected: `a value for the input "${name}"`,
        got: Array.isArray(sample) ? show(sample) : `only ${Object.keys(sample).map(show).join(' and ')}`,
        hint: 'Each sample needs a value for each input of the graph.',
      })
    }
    const { data, shape: own } = readColumn(values, shape, `${place}, ${name}`)
    if (shape.includes(null)) shapes[name] = own
    const scaling = entryOf(scalings, name)
    if (scaling) standardize(data, scaling)
    columns[name] = data
  }
  return { number, columns, shapes }
}

function readColumn(
  values: TensorLike,
  asked: PortShape,
  place: string,
): { readonly shape: Shape; readonly data: Numbers } {
  const { shape: given, data } = tensor(values as Nested, 'float64', place)
  // A flat list or a single number is fine too.
  const shape = given.length < 2 ? filled(asked, data.length) : given
  const fits = fitsShape(shape, asked) && shape.every(Number.isInteger) && sizeOf(shape) === data.length
  if (!fits || data.length === 0) {
    throw new GradstreamError('DATA_MISMATCH', {
      place,
      expected: `numbers of shape ${showSample(asked)}`,
      got: showSample(given),
      hint: 'Match the samples to the shape of the input.',
    })
  }
  const odd = data.findIndex(value => !Number.isFinite(value))
  if (odd >= 0) {
    throw new GradstreamError('DATA_NOT_FINITE', {
      place: `${place}, entry ${odd}`,
      expected: 'a finite number',
      got: String(data[odd]),
      hint: 'Clean the samples, or remove this one.',
    })
  }
  return { shape, data }
}

/** The shape for so many numbers in one row: what is open takes what is left. */
function filled(shape: PortShape, count: number): Shape {
  const rest = sizeOf(shape.map(length => length ?? 1))
  return shape.map(length => length ?? count / rest)
}
