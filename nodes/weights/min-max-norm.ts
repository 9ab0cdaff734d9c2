import { CheckFailed, check, defineWeightLink } from '../../core/index.ts'
import { type AxisOptions, alongAxes, checkedAxis, withNorms } from './norm-constraint.ts'

export interface MinMaxNormOptions extends AxisOptions {
  /**
   * The least length of a vector.
   *
   * @default 0
   */
  minValue?: number
  /**
   * The largest length of a vector.
   *
   * @default 1
   */
  maxValue?: number
  /**
   * How far a vector goes to such a length in each update, in (0, 1].
   *
   * @default 1
   */
  rate?: number
}

/**
 * Brings the vectors of a parameter between two lengths: w := w · (rate · clip(|w|, minValue, maxValue) + (1 - rate) · |w|) / (ε + |w|), with ε = 1e-7. Takes
 * what has two axes or more, such as kernels, unless `parameters` names others.
 */
export const minMaxNorm = defineWeightLink({
  type: 'minMaxNorm',
  config: ({ minValue = 0, maxValue = 1, rate = 1, axis = 0 }: MinMaxNormOptions = {}) => {
    check.nonNegativeNumber({ minValue })
    check.positiveNumber({ maxValue })
    check.positiveNumber({ rate })
    if (maxValue < minValue)
      throw new CheckFailed(`maxValue to be at least minValue, ${minValue}`, String(maxValue), {
        option: 'maxValue',
      })
    if (rate > 1) throw new CheckFailed('rate to be at most 1', String(rate), { option: 'rate' })
    return { minValue, maxValue, rate, axis: checkedAxis({ axis }) }
  },
  ...alongAxes,
  update({ value }, { minValue, maxValue, rate, axis }, { kernels: k }) {
    const wanted = withNorms(k, value, axis, norms => {
      const clipped = k.minimum(k.maximum(norms, minValue), maxValue)
      return k.add(k.scale(clipped, rate), k.scale(norms, 1 - rate))
    })
    return { value: wanted }
  },
})
