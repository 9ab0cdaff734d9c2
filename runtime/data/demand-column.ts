/** Refuses data whose columns, as far as they are known in advance, are not those that are read. */
import {
  entryOf,
  fitsShape,
  GradstreamError,
  type PortShape,
  type Shape,
  show,
  showSample,
} from '../../core/index.ts'

interface Words {
  readonly place: string
  /** What is expected where there is no such column, and the way out if it is not that of the code. */
  readonly missing: { readonly expected: string; readonly hint?: string }
  /** The way out where its samples have another shape. */
  readonly fix: (column: Shape) => string
}

/** @throws GradstreamError `DATA_MISMATCH` if there is no column of this name, or its samples have another shape */
export function demandColumn(
  columns: Readonly<Record<string, Shape>>,
  name: string,
  sample: PortShape,
  { place, missing, fix }: Words,
): void {
  const column = entryOf(columns, name)
  if (!column) {
    throw new GradstreamError('DATA_MISMATCH', {
      place,
      ...missing,
      got: `only ${Object.keys(columns).map(show).join(' and ')}`,
    })
  }
  // One number per sample may be a flat list.
  const isPlain = column.length === 0 && sample.length === 1 && sample[0] === 1
  if (fitsShape(column, sample) || isPlain) return
  throw new GradstreamError('DATA_MISMATCH', {
    place: `${place}, column "${name}"`,
    expected: `samples of shape ${showSample(sample)}`,
    got: showSample(column),
    hint: fix(column),
  })
}
