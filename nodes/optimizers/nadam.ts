import { check, defineOptimizer, type Kernels, type Tensor } from '../../core/index.ts'
import { correction } from './adaptive-step.ts'

export interface NadamOptions {
  /**
   * How far a step goes along the gradient.
   *
   * @default 0.002
   */
  learningRate?: number
  /**
   * The share of the mean of gradients that is kept in each step, in [0, 1).
   *
   * @default 0.9
   */
  beta1?: number
  /**
   * The share of the mean of squared gradients that is kept in each step, in [0, 1).
   *
   * @default 0.999
   */
  beta2?: number
  /**
   * Added to the divisor, so that nothing is divided by 0.
   *
   * @default 1e-8
   */
  epsilon?: number
  /**
   * ψ, how fast the momentum grows to its full size.
   *
   * @default 0.004
   */
  momentumDecay?: number
}

/**
 * Adam that looks ahead along its mean, as Nesterov does. Dozat (2016).
 *
 * With μₜ = β₁ (1 - 0.96^(t ψ) / 2) and Πₜ the product of all μ so far: value := value - α ((1 - μₜ) g / (1 - Πₜ) + μₜ₊₁ m / (1 - Πₜ μₜ μₜ₊₁)) /
 * (√v̂ + ε), with m, v and v̂ as in Adam; the second μₜ is that of PyTorch 1.13, whose values these are.
 */
export const nadam = defineOptimizer({
  type: 'nadam',
  config: ({
    learningRate = 0.002,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    momentumDecay = 0.004,
  }: NadamOptions = {}) => ({
    learningRate: check.nonNegativeNumber({ learningRate }),
    beta1: check.fraction({ beta1 }),
    beta2: check.fraction({ beta2 }),
    epsilon: check.positiveNumber({ epsilon }),
    momentumDecay: check.nonNegativeNumber({ momentumDecay }),
  }),
  slots: () => ({ m: 0, v: 0, product: { shape: [], value: 1 } }),
  update(
    { value, gradient: g, m, v, product },
    { learningRate, beta1, beta2, epsilon, momentumDecay },
    { kernels: k, iteration: t },
  ) {
    const nextM = k.add(k.scale(m, beta1), k.scale(g, 1 - beta1))
    const nextV = k.add(k.scale(v, beta2), k.scale(k.square(g), 1 - beta2))
    const mu = momentumAt(t, beta1, momentumDecay, k)
    const nextMu = momentumAt(k.addScalar(t, 1), beta1, momentumDecay, k)
    const nextProduct = k.mul(product, mu)
    const along = k.add(
      k.mul(g, k.div(k.oneMinus(mu), k.oneMinus(nextProduct))),
      k.mul(nextM, k.div(nextMu, k.oneMinus(k.mul(k.mul(nextProduct, mu), nextMu)))),
    )
    const root = k.sqrt(k.mul(nextV, correction(beta2, t, k)))
    const step = k.div(along, k.addScalar(root, epsilon))
    return { value: k.addScaled(value, step, -learningRate), m: nextM, v: nextV, product: nextProduct }
  },
})

/** μₜ = β₁ (1 - 0.96^(t ψ) / 2) */
const momentumAt = (t: Tensor, beta1: number, decay: number, k: Kernels) =>
  k.scale(k.oneMinus(k.scale(k.exp(k.scale(t, decay * Math.log(0.96))), 0.5)), beta1)
