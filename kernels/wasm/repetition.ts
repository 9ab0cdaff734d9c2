/** Two operands of different shapes as rows and columns. */
import { type Shape, sizeOf } from '../../core/index.ts'

/** Rows and columns over which two operands are combined, and how each of them goes along. */
export interface Layout {
  readonly rows: number
  readonly columns: number
  /** From one row of an operand to the next, in numbers: 0 for a row that is repeated. */
  readonly aStride: number
  readonly bStride: number
  /** 1 where a has one number a row, 2 where b has; 0 where both have a whole row. */
  readonly single: 0 | 1 | 2
}

/**
 * Finds an axis to part the shape at, so that each operand either has all rows or repeats one, and either has all
 * columns or one number for them. Most pairs can be seen so: a row or a column beside a matrix, a scalar beside
 * anything. `undefined` for the others, such as [4, 1, 3] beside [5, 1].
 */
export function layoutOf(shape: Shape, a: Shape, b: Shape): Layout | undefined {
  for (let axis = 0; axis <= shape.length; axis++) {
    const columns = sizeOf(shape.slice(axis))
    const left = strides(shape, a, axis, columns)
    const right = strides(shape, b, axis, columns)
    if (left === undefined || right === undefined || (left.single && right.single)) continue
    const rows = sizeOf(shape.slice(0, axis))
    const single = left.single ? 1 : right.single ? 2 : 0
    return { rows, columns, aStride: left.stride, bStride: right.stride, single }
  }
  return undefined
}

function strides(
  shape: Shape,
  operand: Shape,
  axis: number,
  columns: number,
): { stride: number; single: boolean } | undefined {
  const padded = [...new Array<number>(shape.length - operand.length).fill(1), ...operand]
  const before = sizeOf(padded.slice(0, axis))
  const behind = sizeOf(padded.slice(axis))
  const allRows = before === sizeOf(shape.slice(0, axis))
  const single = behind === 1 && columns !== 1
  if ((before !== 1 && !allRows) || (!single && behind !== columns)) return undefined
  return { stride: allRows ? behind : 0, single }
}
