/** Axes of a space that can be walked as one. */
import { sizeOf } from '../../core/index.ts'

export interface Folded {
  readonly axis: number
  readonly over: 'columns' | 'rows'
}

/**
 * The axes of a space in runs that each tensor has as one: what lies behind the last entry of an inner axis is the next
 * entry of the outer one. Axes of length 1 are left out. There are two runs at least, rows and columns, which may be empty.
 *
 * @returns undefined where folds do not go along columns, the last run, or rows, the one before it.
 */
export function runsOf(
  space: readonly number[],
  strides: readonly (readonly number[])[],
  folds: readonly Folded[],
): readonly (readonly number[])[] | undefined {
  const isFolded = (axis: number) => folds.some(fold => fold.axis === axis)
  const runs: number[][] = []
  for (const [axis, length] of space.entries()) {
    if (length === 1) continue
    const before = runs.at(-1)
    const outer = before?.at(-1)
    const isOne =
      outer !== undefined &&
      !isFolded(outer) &&
      !isFolded(axis) &&
      strides.every(of => of[outer] === (of[axis] as number) * length)
    if (isOne) before?.push(axis)
    else runs.push([axis])
  }
  while (runs.length < 2) runs.unshift([])
  const [rows, columns] = runs.slice(-2) as [number[], number[]]
  const fits = folds.every(({ axis, over }) => (over === 'columns' ? columns : rows).includes(axis))
  return fits ? runs : undefined
}

/** The space whose axes are runs, and how far apart numbers lie along each of them. */
export const lengthsOf = (runs: readonly (readonly number[])[], space: readonly number[]): number[] =>
  runs.map(run => sizeOf(run.map(axis => space[axis] as number)))

export const stridesOf = (runs: readonly (readonly number[])[], strides: readonly number[]): number[] =>
  runs.map(run => strides[run.at(-1) ?? -1] ?? 0)
