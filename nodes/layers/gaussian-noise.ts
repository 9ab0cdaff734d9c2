import { check, defineNode } from '../../core/index.ts'

export interface GaussianNoiseOptions {
  /**
   * The standard deviation of what is added.
   *
   * @default 0.1
   */
  stddev?: number
}

/** In training, adds normally distributed numbers: y = x + stddev · ε; in inference, y = x. */
export const gaussianNoise = defineNode({
  type: 'gaussianNoise',
  config: ({ stddev = 0.1 }: GaussianNoiseOptions = {}) => ({ stddev: check.nonNegativeNumber({ stddev }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{}, { config: { stddev: 1 } }],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, { stddev }, { kernels: k, mode, random }) {
    return { y: mode === 'train' ? k.addScaled(x, k.normal(x.shape, random), stddev) : k.copy(x) }
  },
  // dx = dy
  backward: ({ y: dy }) => ({ x: dy }),
})
