import { check, defineNode } from '../../core/index.ts'

export interface ThresholdedReluOptions {
  /**
   * What is not above it becomes 0.
   *
   * @default 1
   */
  theta?: number
}

/** y = x where x > theta, else 0. Konda, Memisevic and Krueger (2015). */
export const thresholdedRelu = defineNode({
  type: 'thresholdedRelu',
  config: ({ theta = 1 }: ThresholdedReluOptions = {}) => ({ theta: check.nonNegativeNumber({ theta }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{}, { config: { theta: 0.3 } }],
  shapes: ({ x }) => ({ y: x }),
  ranges: () => ({ y: [0, Number.POSITIVE_INFINITY] }),
  forward({ x }, { theta }, { kernels: k }) {
    return { y: k.where(k.greater(x, theta), x, 0) }
  },
  // dx = dy where x > theta, else 0
  backward({ y: dy }, { x }, { theta }, { kernels: k }) {
    return { x: k.where(k.greater(x, theta), dy, 0) }
  },
})
