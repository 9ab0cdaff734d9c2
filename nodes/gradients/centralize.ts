import { defineLink } from '../../core/index.ts'

/**
 * Takes the mean away from the gradient of each unit of a kernel: g := g - mean g, over all axes but the last. What has one axis, such as a
 * bias, stays. Yong et al. (2020).
 */
export const centralize = defineLink({
  type: 'centralize',
  config: () => ({}),
  gradients: (gradients, _, { kernels: k }) =>
    gradients.map(g => {
      if (g.shape.length < 2) return g
      const axes = g.shape.slice(0, -1).map((_, axis) => axis)
      return k.sub(g, k.keepAxes(k.mean(g, axes), g.shape, axes))
    }),
})
