import { defineNode } from '../../core/index.ts'

/** y = x · min(max(x + 3, 0), 6) / 6: a silu of straight lines and a parabola. Howard et al. (2019). */
export const hardSwish = defineNode({
  type: 'hardSwish',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.mul(x, k.scale(k.minimum(k.relu(k.addScalar(x, 3)), 6), 1 / 6)) }
  },
  // dx = dy · (x / 3 + 1/2) where |x| < 3, dy where x is larger, else 0
  backward({ y: dy }, { x }, _, { kernels: k }) {
    const inside = k.mul(dy, k.addScalar(k.scale(x, 1 / 3), 0.5))
    return { x: k.where(k.less(k.abs(x), 3), inside, k.wherePositive(x, dy, 0)) }
  },
})
