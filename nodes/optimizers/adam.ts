import { defineOptimizer } from '../../core/index.ts'
import { type AdamOptions, adamConfig } from './adam-config.ts'
import { adaptiveStep } from './adaptive-step.ts'

export type { AdamOptions } from './adam-config.ts'

/**
 * Steps that are as long for small gradients as for large ones, along a moving mean of them. Kingma and Ba (2015).
 *
 * m := β₁ m + (1 - β₁) g and v := β₂ v + (1 - β₂) g², then value := value - α · m̂ / (√v̂ + ε), with m̂ = m / (1 - β₁ᵗ) and
 * v̂ = v / (1 - β₂ᵗ) in step t.
 */
export const adam = defineOptimizer({
  type: 'adam',
  config: (options: AdamOptions = {}) => adamConfig(options),
  slots: ({ amsgrad }) => ({ m: 0, v: 0, largest: amsgrad ? 0 : undefined }),
  update({ value, ...values }, config, { kernels: k, iteration }) {
    const { step, ...slots } = adaptiveStep(values, config, iteration, k)
    return { value: k.addScaled(value, step, -config.learningRate), ...slots }
  },
})
