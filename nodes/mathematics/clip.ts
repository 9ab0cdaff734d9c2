import { CheckFailed, check, defineNode } from '../../core/index.ts'

export interface ClipOptions {
  /** The smallest number that stays. Required. */
  minimum: number
  /** The largest number that stays. Required. */
  maximum: number
}

/** y = min(max(x, minimum), maximum). There is no gradient where x is outside. */
export const clip = defineNode({
  type: 'clip',
  config({ minimum, maximum }: ClipOptions) {
    if (check.finiteNumber({ minimum }) < check.finiteNumber({ maximum })) return { minimum, maximum }
    throw new CheckFailed(`minimum to be less than maximum, which is ${maximum}`, String(minimum))
  },
  inputs: ['x'],
  outputs: ['y'],
  examples: [{ config: { minimum: -1, maximum: 0.5 } }],
  shapes: ({ x }) => ({ y: x }),
  ranges: (_, { minimum, maximum }) => ({ y: [minimum, maximum] }),
  forward({ x }, { minimum, maximum }, { kernels: k }) {
    return { y: k.minimum(k.maximum(x, minimum), maximum) }
  },
  // dx = dy where x is inside, else 0
  backward({ y: dy }, { x, y }, _, { kernels: k }) {
    return { x: k.where(k.equal(x, y), dy, 0) }
  },
})
