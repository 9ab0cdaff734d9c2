import { check, defineLink } from '../../core/index.ts'

export interface ClipByValueOptions {
  /**
   * The largest distance from 0 that stays.
   *
   * @default 1
   */
  limit?: number
}

/** Cuts each entry of a gradient: g := min(max(g, -limit), limit). */
export const clipByValue = defineLink({
  type: 'clipByValue',
  config: ({ limit = 1 }: ClipByValueOptions = {}) => ({ limit: check.positiveNumber({ limit }) }),
  gradients: (gradients, { limit }, { kernels: k }) =>
    gradients.map(g => k.minimum(k.maximum(g, -limit), limit)),
})
