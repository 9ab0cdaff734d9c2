import { check, defineNode, type PortShape } from '../../core/index.ts'

export interface MatmulOptions {
  /**
   * Whether the last two axes of `a` are swapped first.
   *
   * @default false
   */
  transposeA?: boolean
  /**
   * Whether the last two axes of `b` are swapped first.
   *
   * @default false
   */
  transposeB?: boolean
}

/**
 * y = a · b, the matrix product along the last two axes, for each entry of the axes before them.
 *
 * a [batch, ..., m, n], b [batch, ..., n, p], y [batch, ..., m, p].
 */
export const matmul = defineNode({
  type: 'matmul',
  config: ({ transposeA = false, transposeB = false }: MatmulOptions = {}) => ({
    transposeA: check.boolean({ transposeA }),
    transposeB: check.boolean({ transposeB }),
  }),
  inputs: ['a', 'b'],
  outputs: ['y'],
  examples: [
    { inputs: { a: [4, 2, 3], b: [4, 3, 5] } },
    { config: { transposeB: true }, inputs: { a: [3, 2, 4, 5], b: [3, 2, 7, 5] } },
    { config: { transposeA: true, transposeB: true }, inputs: { a: [2, 3, 4], b: [2, 6, 3] } },
  ],
  shapes({ a, b }, { transposeA, transposeB }) {
    demandMatrices(a)
    demandMatrices(b)
    check.samePorts({ a: a.slice(0, -2), b: b.slice(0, -2) })
    const [m = 0, n] = transposeA ? a.slice(-2).reverse() : a.slice(-2)
    const [rows, p = 0] = transposeB ? b.slice(-2).reverse() : b.slice(-2)
    if (n === rows) return { y: [...a.slice(0, -2), m, p] }
    throw new Error(`the rows of a have ${n} entries, and the columns of b ${rows}`)
  },
  forward({ a, b }, { transposeA, transposeB }, { kernels: k }) {
    const [row, column] = [a.shape.length - 2, a.shape.length - 1]
    const batch = a.shape.slice(0, -2).map((_, axis) => [axis, axis] as const)
    return { y: k.contract(a, b, { batch, sum: [[transposeA ? row : column, transposeB ? column : row]] }) }
  },
})

function demandMatrices(shape: PortShape): void {
  if (shape.length < 3)
    throw new Error('a and b have a matrix for each sample: at least two axes besides the batch')
}
