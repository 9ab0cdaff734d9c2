import { check, defineLink } from '../../core/index.ts'

export interface ClipByGlobalNormOptions {
  /**
   * The largest length that stays.
   *
   * @default 1
   */
  norm?: number
}

/**
 * Shortens all gradients of an optimizer alike, so that together they are no longer than `norm`: g := g · norm / max(√Σ |g|², norm). Their
 * direction stays. Pascanu, Mikolov and Bengio (2013).
 */
export const clipByGlobalNorm = defineLink({
  type: 'clipByGlobalNorm',
  config: ({ norm = 1 }: ClipByGlobalNormOptions = {}) => ({ norm: check.positiveNumber({ norm }) }),
  gradients(gradients, { norm }, { kernels: k }) {
    const length = k.sqrt(k.addAll(gradients.map(g => k.sum(k.square(g)))))
    const factor = k.div(norm, k.maximum(length, norm))
    return gradients.map(g => k.mul(g, factor))
  },
})
