import { check, defineNode } from '../../core/index.ts'

export interface ScaleOptions {
  /** What x is multiplied by. Required. */
  factor: number
}

/** y = factor · x. */
export const scale = defineNode({
  type: 'scale',
  config: ({ factor }: ScaleOptions) => ({ factor: check.finiteNumber({ factor }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{ config: { factor: 0.5 } }, { config: { factor: -3 } }],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, { factor }, { kernels: k }) {
    return { y: k.scale(x, factor) }
  },
  // dx = factor · dy
  backward({ y: dy }, _, { factor }, { kernels: k }) {
    return { x: k.scale(dy, factor) }
  },
})
