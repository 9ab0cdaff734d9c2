import { defineWeightLink } from '../../core/index.ts'
import { type AxisOptions, alongAxes, checkedAxis, withNorms } from './norm-constraint.ts'

export interface UnitNormOptions extends AxisOptions {}

/**
 * Gives each vector of a parameter the length 1: w := w / (ε + |w|), with ε = 1e-7. Takes what has two axes or more, such as kernels, unless `parameters`
 * names others.
 */
export const unitNorm = defineWeightLink({
  type: 'unitNorm',
  config: ({ axis = 0 }: UnitNormOptions = {}) => ({ axis: checkedAxis({ axis }) }),
  ...alongAxes,
  update: ({ value }, { axis }, { kernels: k }) => ({ value: withNorms(k, value, axis, () => 1) }),
})
