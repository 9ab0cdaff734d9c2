import { check, defineLoss } from '../../core/index.ts'

/** loss = mean (prediction - target)², over all entries. */
export const meanSquaredError = defineLoss({
  type: 'meanSquaredError',
  inputs: ['prediction', 'target'],
  nonDifferentiable: ['target'],
  saved: ['difference'],
  shapes(inputs) {
    check.samePorts(inputs)
    return { loss: [] }
  },
  // J = 1/n Σ (p - t)²
  forward({ prediction: p, target: t }, _, { kernels: k }) {
    const difference = k.sub(p, t)
    return { loss: k.mean(k.square(difference)), difference }
  },
  // dp = 2/n (p - t)
  backward({ loss: dJ }, { difference }, _, { kernels: k }) {
    return { prediction: k.scale(k.mul(difference, dJ), 2 / difference.size) }
  },
})
