import { check, defineOptimizer } from '../../core/index.ts'
import { type AdamOptions, adamConfig } from './adam-config.ts'
import { adaptiveStep } from './adaptive-step.ts'

export interface AdamWOptions extends AdamOptions {
  /**
   * The share of a value that a step takes away, times the learning rate.
   *
   * @default 0.01
   */
  weightDecay?: number
}

/**
 * Adam with a decay of the values that does not go through its means: value := value - α (m̂ / (√v̂ + ε) + λ · value).
 * Loshchilov and Hutter (2019).
 */
export const adamW = defineOptimizer({
  type: 'adamW',
  config: ({ weightDecay = 0.01, ...options }: AdamWOptions = {}) => ({
    ...adamConfig(options),
    weightDecay: check.nonNegativeNumber({ weightDecay }),
  }),
  slots: ({ amsgrad }) => ({ m: 0, v: 0, largest: amsgrad ? 0 : undefined }),
  update({ value, ...values }, config, { kernels: k, iteration }) {
    const { step, ...slots } = adaptiveStep(values, config, iteration, k)
    const decayed = k.addScaled(step, value, config.weightDecay)
    return { value: k.addScaled(value, decayed, -config.learningRate), ...slots }
  },
})
