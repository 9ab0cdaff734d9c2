/** An order of samples in which every stretch holds each class in its share. */
import { GradstreamError, type Tensor } from '../../core/index.ts'

/**
 * Rearranges `order`: sample k of a class with n samples goes to position (k + 1/2) / n of the whole, so any
 * leading share of the samples holds the same share of each class.
 *
 * @throws GradstreamError `INVALID_OPTION` for a column whose values hardly ever repeat
 */
export function stratified(order: Uint32Array, { data, shape, size }: Tensor, column: string): Uint32Array {
  const rows = shape[0] as number
  const width = size / rows
  const classes = new Map<string, number[]>()
  for (const row of order) {
    const key = data.subarray(row * width, (row + 1) * width).join()
    const own = classes.get(key)
    if (own) own.push(row)
    else classes.set(key, [row])
  }
  if (classes.size > rows / 2) {
    throw new GradstreamError('INVALID_OPTION', {
      place: 'split: stratify',
      expected: 'a column of classes',
      got: `"${column}", with ${classes.size} different values in ${rows} samples`,
    })
  }
  const placed = [...classes.values()].flatMap(own =>
    own.map((row, k) => ({ row, at: (k + 0.5) / own.length })),
  )
  // Sorting is stable, so equal positions keep their random order.
  const position = new Uint32Array(rows)
  order.forEach((row, i) => {
    position[row] = i
  })
  placed.sort((a, b) => a.at - b.at || (position[a.row] as number) - (position[b.row] as number))
  return Uint32Array.from(placed, ({ row }) => row)
}
