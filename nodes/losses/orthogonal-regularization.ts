import { CheckFailed, check, defineLoss, showShape } from '../../core/index.ts'

export interface OrthogonalRegularizationOptions {
  /**
   * What a mean |cosine| of 1 costs.
   *
   * @default 0.01
   */
  factor?: number
  /**
   * What is to be orthogonal: the rows, or the columns, which are the weights of one unit each.
   *
   * @default 'rows'
   */
  mode?: 'rows' | 'columns'
}

/**
 * J = factor · the mean of |cos(xᵢ, xⱼ)| over all pairs of rows or columns of a parameter with two axes, as in Keras: makes them orthogonal. A
 * single one has no pair and costs nothing.
 */
export const orthogonalRegularization = defineLoss({
  type: 'orthogonalRegularization',
  config: ({ factor = 0.01, mode = 'rows' }: OrthogonalRegularizationOptions = {}) => ({
    factor: check.nonNegativeNumber({ factor }),
    mode: check.oneOf({ mode }, ['rows', 'columns']),
  }),
  inputs: ['x'],
  examples: [{ inputs: { x: [4, 6] } }, { config: { factor: 0.3, mode: 'columns' }, inputs: { x: [5, 3] } }],
  shapes({ x }) {
    if (x.length !== 2)
      throw new CheckFailed('"x" to have two axes, such as the kernel of dense()', showShape(x))
    return { loss: [] }
  },
  forward({ x }, { factor, mode }, { kernels: k }) {
    const axis = mode === 'rows' ? 1 : 0
    const count = x.shape[1 - axis] as number
    const lengths = k.sqrt(k.maximum(k.sum(k.square(x), [axis]), SMALLEST))
    const units = k.div(x, k.keepAxes(lengths, x.shape, [axis]))
    const cosines = mode === 'rows' ? k.matMul(units, units, 'nt') : k.matMul(units, units, 'tn')
    const place = k.iota(count)
    const isSame = k.equal(k.reshape(place, [count, 1]), place)
    // Each pair stands in the matrix twice, and on the diagonal each vector with itself.
    const sum = k.sum(k.where(isSame, 0, k.abs(cosines)))
    return { loss: k.scale(sum, factor / Math.max(count * (count - 1), 1)) }
  },
})

/** The least squared length, so that nothing is divided by 0. */
const SMALLEST = 1e-12
