import { defineNode, rising } from '../../core/index.ts'

/**
 * y = λ x where x > 0, else λ α (eˣ - 1), with λ and α such that values with mean 0 and variance 1 keep both.
 * Klambauer et al. (2017).
 */
export const selu = defineNode({
  type: 'selu',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  ranges: ({ x }) => ({ y: rising(x, v => SCALE * (v > 0 ? v : ALPHA * Math.expm1(v))) }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.scale(k.wherePositive(x, x, k.scale(k.expm1(x), ALPHA)), SCALE) }
  },
  // dx = dy · λ where x > 0, else dy · λ α eˣ = dy · (y + λ α)
  backward({ y: dy }, { x, y }, _, { kernels: k }) {
    return { x: k.mul(dy, k.wherePositive(x, SCALE, k.addScalar(y, SCALE * ALPHA))) }
  },
})

/** λ and α of the paper. */
const SCALE = 1.0507009873554805
const ALPHA = 1.6732632423543772
