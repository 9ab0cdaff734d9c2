import { check, defineNode, type Kernels, type PortShape, type Tensor } from '../../core/index.ts'
import { axisOf } from '../axes.ts'

export interface DotOptions {
  /**
   * The axis along which products are summed: one for both, or one each.
   *
   * @default -1
   */
  axes?: number | readonly [a: number, b: number]
  /**
   * Whether vectors along the axes get length 1 first; then the product is the cosine between them.
   *
   * @default false
   */
  normalize?: boolean
}

/**
 * y = Σ aᵢ bᵢ along an axis, for each sample: the dot product. The other axes of a and of b follow one another in y.
 *
 * a [batch, n], b [batch, n] give y [batch, 1].
 */
export const dot = defineNode({
  type: 'dot',
  config: ({ axes = -1, normalize = false }: DotOptions = {}) => ({
    axes: pairOf(axes),
    normalize: check.boolean({ normalize }),
  }),
  inputs: ['a', 'b'],
  outputs: ['y'],
  examples: [
    { inputs: { a: [4, 5], b: [4, 5] } },
    { config: { axes: [1, 2] }, inputs: { a: [3, 4, 2], b: [3, 5, 4] } },
    { config: { normalize: true }, inputs: { a: [3, 4], b: [3, 4] } },
  ],
  shapes({ a, b }, { axes }) {
    const [i, j] = [axisOf(a, axes[0]), axisOf(b, axes[1])]
    if (a[i] !== b[j])
      throw new Error(`a has ${a[i]} entries along its axis ${i}, and b ${b[j]} along its axis ${j}`)
    check.samePorts({ a: a.slice(0, 1), b: b.slice(0, 1) })
    const rest = [...a.toSpliced(i, 1).slice(1), ...b.toSpliced(j, 1).slice(1)]
    return { y: [a[0] as PortShape[0], ...(rest.length === 0 ? [1] : rest)] }
  },
  forward({ a, b }, { axes, normalize }, { kernels: k }) {
    const [i, j] = [axisOf(a.shape, axes[0]), axisOf(b.shape, axes[1])]
    const [u, v] = normalize ? [unit(a, i, k), unit(b, j, k)] : [a, b]
    const y = k.contract(u, v, { batch: [[0, 0]], sum: [[i, j]] })
    return { y: y.shape.length === 1 ? k.reshape(y, [...y.shape, 1]) : y }
  },
})

/** Vectors along an axis, with length 1. */
const unit = (x: Tensor, axis: number, k: Kernels) => {
  const squares = k.keepAxes(k.sum(k.square(x), [axis]), x.shape, [axis])
  return k.div(x, k.sqrt(k.maximum(squares, 1e-12)))
}

function pairOf(axes: number | readonly [number, number]): readonly [number, number] {
  const [a, b = a] = [axes].flat()
  return [check.integer({ axes: a as number }), check.integer({ axes: b as number })]
}
