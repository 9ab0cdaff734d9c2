import { defineWeightLink, type Shape } from '../../core/index.ts'

/**
 * Makes negative entries of a parameter 0: w := max(w, 0). Takes what has two axes or more, such as kernels, unless `parameters` names others.
 */
export const nonNegative = defineWeightLink({
  type: 'nonNegative',
  config: () => ({}),
  takes: (parameter: Shape) => parameter.length > 1,
  update: ({ value }, _, { kernels: k }) => ({ value: k.maximum(value, 0) }),
})
