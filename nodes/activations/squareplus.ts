import { check, defineNode } from '../../core/index.ts'

export interface SquareplusOptions {
  /**
   * How round the corner is.
   *
   * @default 4
   */
  b?: number
}

/** y = (x + √(x² + b)) / 2: close to softplus, without exponentials. Barron (2021). */
export const squareplus = defineNode({
  type: 'squareplus',
  config: ({ b = 4 }: SquareplusOptions = {}) => ({ b: check.positiveNumber({ b }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{}, { config: { b: 0.5 } }],
  shapes: ({ x }) => ({ y: x }),
  ranges: () => ({ y: [0, Number.POSITIVE_INFINITY] }),
  forward({ x }, { b }, { kernels: k }) {
    return { y: k.scale(k.add(x, k.sqrt(k.addScalar(k.square(x), b))), 0.5) }
  },
  // dx = dy · (1 + x / √(x² + b)) / 2
  backward({ y: dy }, { x }, { b }, { kernels: k }) {
    const root = k.sqrt(k.addScalar(k.square(x), b))
    return { x: k.mul(dy, k.scale(k.addScalar(k.div(x, root), 1), 0.5)) }
  },
})
