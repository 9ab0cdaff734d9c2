/** Shapes: the lengths of a tensor's axes, row-major, the batch axis first. */

/** The shape of a tensor: `[32, 16]`. */
export type Shape = readonly number[]

/** The shape of a port: `[null, 16]`, where `null` is a length not yet known: the batch size, or an open axis. */
export type PortShape = readonly (number | null)[]

/** How many entries a tensor of that shape has; a scalar `[]` has one. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis] as number
  return size
}

export function sameShape(a: PortShape, b: PortShape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false
  return true
}

/** Whether a tensor of shape `actual` matches the `declared` shape. */
export function fitsShape(actual: Shape, declared: PortShape): boolean {
  if (actual.length !== declared.length) return false
  for (let axis = 0; axis < actual.length; axis++) {
    if (declared[axis] !== null && declared[axis] !== actual[axis]) return false
  }
  return true
}

/** `[batch, 16]`, `[batch, any, 16]` with an open axis, or `scalar`. */
export const showShape = ([batch, ...sample]: PortShape): string =>
  batch === undefined ? 'scalar' : showSample([batch ?? 'batch', ...sample])

/** The shape of one sample: `[16]`, or `[any, 16]` with an open axis. */
export const showSample = (shape: readonly (number | string | null)[]): string =>
  shape.length === 0 ? 'scalar' : `[${shape.map(axis => axis ?? 'any').join(', ')}]`

/**
 * The shape of `a` and `b` combined entry by entry, by NumPy's rule: axes are compared from the last, and
 * must be equal, missing, or of length 1 on one side. `undefined` if they cannot be combined.
 *
 * @example broadcastShape([4, 3], [3]) // [4, 3]
 */
export function broadcastShape<T extends number | null>(
  a: readonly T[],
  b: readonly T[],
): readonly T[] | undefined {
  const rank = Math.max(a.length, b.length)
  const shape = new Array<T>(rank)
  for (let axis = 1; axis <= rank; axis++) {
    const left = a.at(-axis)
    const right = b.at(-axis)
    if (left === undefined || (left === 1 && right !== undefined)) shape[rank - axis] = right as T
    else if (right === undefined || right === 1 || right === left) shape[rank - axis] = left as T
    else return undefined
  }
  return shape
}

/** Axes of length 1 at the end are added, or left out as far as there are any, until there are `rank` axes. */
export function withRank<T extends number | null>(shape: readonly T[], rank: number): readonly (T | 1)[] {
  let end = shape.length
  while (end > rank && shape[end - 1] === 1) end--
  return [...shape.slice(0, end), ...Array<1>(Math.max(rank - end, 0)).fill(1)]
}
