import { check, defineLoss } from '../../core/index.ts'

export interface HuberOptions {
  /**
   * From which distance on the loss grows linearly.
   *
   * @default 1
   */
  delta?: number
}

/**
 * The mean over all entries of e² / 2 where |e| ≤ δ, else δ (|e| - δ / 2), for e = prediction - target: squared near the
 * target, and linear for outliers. Huber (1964).
 */
export const huber = defineLoss({
  type: 'huber',
  config: ({ delta = 1 }: HuberOptions = {}) => ({ delta: check.positiveNumber({ delta }) }),
  inputs: ['prediction', 'target'],
  examples: [{}, { config: { delta: 0.3 } }],
  nonDifferentiable: ['target'],
  shapes(inputs) {
    check.samePorts(inputs)
    return { loss: [] }
  },
  expects: () => ({ prediction: 'numbers', target: 'numbers' }),
  // J = 1/n Σ m (|e| - m / 2), with m = min(|e|, δ)
  forward({ prediction, target }, { delta }, { kernels: k }) {
    const distance = k.abs(k.sub(prediction, target))
    const m = k.minimum(distance, delta)
    return { loss: k.mean(k.mul(m, k.sub(distance, k.scale(m, 0.5)))) }
  },
  // dp = 1/n · e, but not below -δ or above δ
  backward({ loss: dJ }, { prediction, target }, { delta }, { kernels: k }) {
    const e = k.sub(prediction, target)
    const slope = k.minimum(k.maximum(e, -delta), delta)
    return { prediction: k.mul(k.scale(dJ, 1 / prediction.size), slope) }
  },
})
