import { check, defineNode } from '../../core/index.ts'

export interface PowerOptions {
  /** The power to which x is raised. Required. */
  exponent: number
}

/** y = x to the power of `exponent`, for x above 0 unless the exponent is a whole number. */
export const power = defineNode({
  type: 'power',
  config: ({ exponent }: PowerOptions) => ({ exponent: check.finiteNumber({ exponent }) }),
  inputs: ['x'],
  outputs: ['y'],
  domain: { x: [0.1, 3] },
  examples: [{ config: { exponent: 3 } }, { config: { exponent: -0.5 } }],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, { exponent }, { kernels: k }) {
    return { y: k.pow(x, exponent) }
  },
  // dx = dy · exponent · x^(exponent - 1)
  backward({ y: dy }, { x }, { exponent }, { kernels: k }) {
    return { x: k.mul(dy, k.scale(k.pow(x, exponent - 1), exponent)) }
  },
})
