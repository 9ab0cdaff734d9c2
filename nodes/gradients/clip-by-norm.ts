import { check, defineLink } from '../../core/index.ts'

export interface ClipByNormOptions {
  /**
   * The largest length that stays.
   *
   * @default 1
   */
  norm?: number
}

/** Shortens the gradient of each parameter by itself: g := g · norm / max(|g|, norm). */
export const clipByNorm = defineLink({
  type: 'clipByNorm',
  config: ({ norm = 1 }: ClipByNormOptions = {}) => ({ norm: check.positiveNumber({ norm }) }),
  gradients: (gradients, { norm }, { kernels: k }) =>
    gradients.map(g => k.mul(g, k.div(norm, k.maximum(k.sqrt(k.sum(k.square(g))), norm)))),
})
