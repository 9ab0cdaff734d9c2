import { defineNode, UNIT } from '../../core/index.ts'

/** y = min(max((x + 3) / 6, 0), 1): a sigmoid of three straight lines. Howard et al. (2019). */
export const hardSigmoid = defineNode({
  type: 'hardSigmoid',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  ranges: () => ({ y: UNIT }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.minimum(k.maximum(k.scale(k.addScalar(x, 3), 1 / 6), 0), 1) }
  },
  // dx = dy / 6 where |x| < 3, else 0
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.where(k.less(k.abs(x), 3), k.scale(dy, SIXTH), 0) }
  },
})

/** The slope, in the digits of float32 in every precision: that of PyTorch, to which results are compared. */
const SIXTH = Math.fround(1 / 6)
