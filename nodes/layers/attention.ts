import { check, defineNode } from '../../core/index.ts'
import { type AttendOptions, attendConfig, attended, attendedShape } from './attend.ts'

export interface AttentionOptions extends AttendOptions {
  /**
   * Whether scores are multiplied by a number that is learned.
   *
   * @default false
   */
  useScale?: boolean
}

/**
 * y = softmax(query · keyᵀ) · value: for each query, a mean of the values, weighted by how well their keys fit. Without a key, the values are
 * their own keys; where the mask is 0, there is no value, and a query that may look at
 * none gets the mean of all. Luong, Pham and Manning (2015).
 *
 * query [batch, queries, features], value [batch, values, size], key [batch, values, features], mask [batch, values], scale [],
 * y [batch, queries, size].
 */
export const attention = defineNode({
  type: 'attention',
  config: ({ useScale = false, ...options }: AttentionOptions = {}) => ({
    useScale: check.boolean({ useScale }),
    ...attendConfig(options),
  }),
  inputs: ['query', 'value'],
  optional: ['key', 'mask'],
  nonDifferentiable: ['mask'],
  outputs: ['y'],
  examples: [
    { inputs: { query: [2, 4, 3], value: [2, 5, 3] } },
    {
      config: { useScale: true, useCausalMask: true },
      inputs: { query: [2, 4, 3], value: [2, 4, 2], key: [2, 4, 3] },
    },
    {
      config: { dropout: 0.3 },
      inputs: { query: [2, 3, 2], value: [2, 4, 2], key: [2, 4, 2], mask: [2, 4] },
    },
  ],
  shapes: ports => ({ y: attendedShape(ports) }),
  expects: () => ({ mask: { whole: [0, 1] } }),
  parameters: (_, { useScale }) => ({ scale: useScale ? { shape: [], initializer: 'ones' } : undefined }),
  forward({ query, value, key = value, mask, scale }, config, context) {
    const { kernels: k } = context
    const products = k.contract(query, key, { batch: [[0, 0]], sum: [[2, 2]] })
    const scores = scale ? k.mul(products, scale) : products
    return { y: attended(scores, { value, mask }, config, context) }
  },
})
