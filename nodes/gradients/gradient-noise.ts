import { check, defineLink } from '../../core/index.ts'

export interface GradientNoiseOptions {
  /**
   * The standard deviation in the first step.
   *
   * @default 0.01
   */
  stddev?: number
  /**
   * How fast it falls: it is divided by t^(decay / 2) in step t.
   *
   * @default 0.55
   */
  decay?: number
}

/** Adds normally distributed numbers, fewer in each step: g := g + stddev · t^(-decay / 2) · ε. Neelakantan et al. (2015). */
export const gradientNoise = defineLink({
  type: 'gradientNoise',
  config: ({ stddev = 0.01, decay = 0.55 }: GradientNoiseOptions = {}) => ({
    stddev: check.nonNegativeNumber({ stddev }),
    decay: check.nonNegativeNumber({ decay }),
  }),
  gradients(gradients, { stddev, decay }, { kernels: k, random, iteration: t }) {
    const deviation = k.scale(k.exp(k.scale(k.log(t), -decay / 2)), stddev)
    // One draw for all of them, since a key gives the same numbers again.
    const draws = k.normal([gradients.reduce((sum, g) => sum + g.size, 0)], random)
    let start = 0
    return gradients.map(g => {
      const own = k.reshape(k.slice(draws, 0, start, g.size), g.shape)
      start += g.size
      return k.add(g, k.mul(own, deviation))
    })
  },
})
