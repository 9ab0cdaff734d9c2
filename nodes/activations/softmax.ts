import { check, defineNode } from '../../core/index.ts'

/** yᵢ = e^xᵢ / Σⱼ e^xⱼ along the last axis, computed from x - max x, so that it is finite for every x. */
export const softmax = defineNode({
  type: 'softmax',
  inputs: ['x'],
  outputs: ['y'],
  shapes({ x }) {
    check.lastAxis({ x })
    return { y: x }
  },
  ranges: () => ({ y: 'distribution' }),
  forward({ x }, _, { kernels: k }) {
    return { y: k.softmax(x) }
  },
  // dxᵢ = yᵢ · (dyᵢ - Σⱼ dyⱼ yⱼ)
  backward({ y: dy }, { y }, _, { kernels: k }) {
    return { x: k.mul(y, k.sub(dy, k.sumLastAxis(k.mul(dy, y)))) }
  },
})
