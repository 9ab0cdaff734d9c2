import { check, defineNode } from '../../core/index.ts'
import { demandSequences, droppedOut, weightsOf } from './attend.ts'

export interface AttentionOptions {
  /**
   * Whether scores are multiplied by a number that is learned.
   *
   * @default false
   */
  useScale?: boolean
  /**
   * Whether no query looks at a value behind its own place.
   *
   * @default false
   */
  useCausalMask?: boolean
  /**
   * The share of the weights that is left out in training, in [0, 1).
   *
   * @default 0
   */
  dropout?: number
}

/**
 * y = softmax(query · keyᵀ) · value: for each query, a mean of the values, weighted by how well their keys fit. Without a key, the values are
 * their own keys; where the mask is 0, there is no value. Luong, Pham and Manning (2015).
 *
 * query [batch, queries, features], value [batch, values, size], key [batch, values, features], mask [batch, values], scale [],
 * y [batch, queries, size].
 */
export const attention = defineNode({
  type: 'attention',
  config: ({ useScale = false, useCausalMask = false, dropout = 0 }: AttentionOptions = {}) => ({
    useScale: check.boolean({ useScale }),
    useCausalMask: check.boolean({ useCausalMask }),
    dropout: check.fraction({ dropout }),
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
  shapes({ query, value, key = value, mask }) {
    demandSequences(query, value, { key, mask })
    if (query[2] !== key[2]) throw new Error(`queries have ${query[2]} features, and keys ${key[2]}`)
    return { y: [...query.slice(0, 2), value[2] ?? null] }
  },
  expects: () => ({ mask: { whole: [0, 1] } }),
  parameters: (_, { useScale }) => ({ scale: useScale ? { shape: [], initializer: 'ones' } : undefined }),
  forward({ query, value, key = value, mask, scale }, { useCausalMask, dropout }, context) {
    const { kernels: k } = context
    const products = k.contract(query, key, { batch: [[0, 0]], sum: [[2, 2]] })
    const weights = weightsOf(scale ? k.mul(products, scale) : products, { mask, useCausalMask }, k)
    return { y: k.contract(droppedOut(weights, dropout, context), value, { batch: [[0, 0]], sum: [[2, 1]] }) }
  },
})
