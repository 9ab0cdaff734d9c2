import { check, defineWeightLink } from '../../core/index.ts'
import { type AxisOptions, alongAxes, checkedAxis, withNorms } from './norm-constraint.ts'

export interface MaxNormOptions extends AxisOptions {
  /**
   * The largest length of a vector.
   *
   * @default 2
   */
  maxValue?: number
}

/**
 * Shortens the vectors of a parameter that are longer than `maxValue`: w := w · min(|w|, maxValue) / (ε + |w|), with ε = 1e-7. Takes what has two axes
 * or more, such as kernels, unless `parameters` names others. Srivastava et al. (2014).
 */
export const maxNorm = defineWeightLink({
  type: 'maxNorm',
  config: ({ maxValue = 2, axis = 0 }: MaxNormOptions = {}) => ({
    maxValue: check.positiveNumber({ maxValue }),
    axis: checkedAxis({ axis }),
  }),
  ...alongAxes,
  update: ({ value }, { maxValue, axis }, { kernels: k }) => ({
    value: withNorms(k, value, axis, norms => k.minimum(norms, maxValue)),
  }),
})
