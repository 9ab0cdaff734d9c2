/** Axes as options name them: counted from the end where they are negative, with the batch as 0. */
import { CheckFailed, check, type PortShape, show } from '../core/index.ts'

/** An axis, several, or `null` for all but the batch. */
export type Axes = number | readonly number[] | null

/** The axis counted from the front; it is not the batch. */
export function axisOf(shape: PortShape, axis: number, rank = shape.length): number {
  const at = axis < 0 ? rank + axis : axis
  if (at > 0 && at < rank) return at
  throw new Error(`axis ${axis} is not among the ${rank} axes, or it is the batch`)
}

/** The axes counted from the front, in order. */
export function axesOf(shape: PortShape, axes: Axes): readonly number[] {
  if (axes === null) return shape.slice(1).map((_, i) => i + 1)
  const all = [axes].flat().map(axis => axisOf(shape, axis))
  return [...new Set(all)].sort((a, b) => a - b)
}

/** The option `axis` of what folds. */
export function checkedAxes(axis: Axes): Axes {
  if (axis === null || typeof axis === 'number') return axis === null ? axis : check.integer({ axis })
  const isList = Array.isArray(axis) && axis.every(Number.isSafeInteger) && axis.length > 0
  if (isList) return [...axis]
  throw new CheckFailed('axis to be an axis, a list of axes, or null for all but the batch', show(axis))
}

/** The shape without some axes, or with length 1 along them. */
export const foldedShape = (shape: PortShape, axes: readonly number[], keepDims: boolean): PortShape =>
  keepDims
    ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
    : shape.filter((_, axis) => !axes.includes(axis))
