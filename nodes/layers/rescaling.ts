import { check, defineNode } from '../../core/index.ts'

export interface RescalingOptions {
  /** What x is multiplied by: 1 / 255 for pixels of a byte. Required. */
  scale: number
  /**
   * What is added then.
   *
   * @default 0
   */
  offset?: number
}

/** y = scale · x + offset. */
export const rescaling = defineNode({
  type: 'rescaling',
  config: ({ scale, offset = 0 }: RescalingOptions) => ({
    scale: check.finiteNumber({ scale }),
    offset: check.finiteNumber({ offset }),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{ config: { scale: 0.5, offset: -1 } }],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, { scale, offset }, { kernels: k }) {
    return { y: k.addScalar(k.scale(x, scale), offset) }
  },
  // dx = scale · dy
  backward({ y: dy }, _, { scale }, { kernels: k }) {
    return { x: k.scale(dy, scale) }
  },
})
