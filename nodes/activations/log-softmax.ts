import { check, defineNode } from '../../core/index.ts'

/** yᵢ = xᵢ - ln Σⱼ e^xⱼ along the last axis, computed from x - max x, so that it is finite for every x. */
export const logSoftmax = defineNode({
  type: 'logSoftmax',
  inputs: ['x'],
  outputs: ['y'],
  shapes({ x }) {
    check.lastAxis({ x })
    return { y: x }
  },
  ranges: () => ({ y: [Number.NEGATIVE_INFINITY, 0] }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.logSoftmax(x) }
  },
  // dxᵢ = dyᵢ - e^yᵢ Σⱼ dyⱼ
  backward({ y: dy }, { y }, _, { kernels: k }) {
    return { x: k.sub(dy, k.mul(k.exp(y), k.sumLastAxis(dy))) }
  },
})
