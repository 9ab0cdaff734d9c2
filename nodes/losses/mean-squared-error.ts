import { check, defineLoss } from '../../core/index.ts'

/** loss = mean (prediction - target)², over all entries. */
export const meanSquaredError = defineLoss({
  type: 'meanSquaredError',
  inputs: ['prediction', 'target'],
  nonDifferentiable: ['target'],
  shapes(inputs) {
    check.samePorts(inputs)
    return { loss: [] }
  },
  expects: () => ({ prediction: 'numbers', target: 'numbers' }),
  // J = 1/n Σ (p - t)²
  forward({ prediction, target }, _, { kernels: k }) {
    return { loss: k.mean(k.square(k.sub(prediction, target))) }
  },
  // dp = 2/n (p - t)
  backward({ loss: dJ }, { prediction, target }, _, { kernels: k }) {
    return { prediction: k.mul(k.mul(dJ, 2 / prediction.size), k.sub(prediction, target)) }
  },
})
