import { check, defineNode } from '../../core/index.ts'

/**
 * The distribution that is closest to x: yᵢ = max(xᵢ - τ, 0) along the last axis, with τ such that they sum to 1. Small entries
 * get a probability of 0. Martins and Astudillo (2016).
 */
export const sparsemax = defineNode({
  type: 'sparsemax',
  inputs: ['x'],
  outputs: ['y'],
  shapes({ x }) {
    check.lastAxis({ x })
    return { y: x }
  },
  ranges: () => ({ y: 'distribution' }),
  forward({ x }, _, { kernels: k }) {
    const last = x.shape.length - 1
    const falling = k.flip(k.sort(x), [last])
    // The first n entries get a share where 1 + n · xₙ > x₁ + ... + xₙ; then τ = (x₁ + ... + xₙ - 1) / n.
    const n = k.addScalar(k.iota(x.shape[last] as number), 1)
    const isIn = k.less(k.cumulativeSum(falling), k.addScalar(k.mul(falling, n), 1))
    const tau = k.div(k.addScalar(k.sumLastAxis(k.mul(isIn, falling)), -1), k.sumLastAxis(isIn))
    return { y: k.relu(k.sub(x, tau)) }
  },
  // dx = dy - the mean of dy where y > 0, else 0
  backward({ y: dy }, { y }, _, { kernels: k }) {
    const isIn = k.greater(y, 0)
    const mean = k.div(k.sumLastAxis(k.mul(isIn, dy)), k.sumLastAxis(isIn))
    return { x: k.mul(isIn, k.sub(dy, mean)) }
  },
})
