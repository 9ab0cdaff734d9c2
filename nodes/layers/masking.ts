import { check, defineNode } from '../../core/index.ts'

export interface MaskingOptions {
  /**
   * The number that stands where there is nothing.
   *
   * @default 0
   */
  maskValue?: number
}

/**
 * Tells which places of a sequence hold something: mask = 1 where a row of x has an entry other than `maskValue`, else 0; y = x with
 * zeros where the mask is 0.
 *
 * x [batch, time, features], y [batch, time, features], mask [batch, time].
 */
export const masking = defineNode({
  type: 'masking',
  config: ({ maskValue = 0 }: MaskingOptions = {}) => ({ maskValue: check.finiteNumber({ maskValue }) }),
  inputs: ['x'],
  outputs: ['y', 'mask'],
  examples: [{ inputs: { x: [4, 3, 2] } }, { config: { maskValue: -1 }, inputs: { x: [2, 5, 3] } }],
  shapes({ x }) {
    if (x.length === 3) return { y: x, mask: x.slice(0, 2) }
    throw new Error(`x has the axes [batch, time, features], and not ${x.length}`)
  },
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : undefined, mask: [0, 1] }),
  forward({ x }, { maskValue }, { kernels: k }) {
    const mask = k.max(k.oneMinus(k.equal(x, maskValue)), [2])
    return { y: k.mul(x, k.keepAxes(mask, x.shape, [2])), mask }
  },
  // dx = dy where the mask is 1
  backward({ y: dy }, { x, mask }, _, { kernels: k }) {
    return { x: k.mul(dy, k.keepAxes(mask, x.shape, [2])) }
  },
})
