import { check, defineNode } from '../../core/index.ts'
import { type AttendOptions, attendConfig, attended, attendedShape } from './attend.ts'

export interface AdditiveAttentionOptions extends AttendOptions {
  /**
   * Whether each feature counts with a factor that is learned.
   *
   * @default true
   */
  useScale?: boolean
}

/**
 * y = softmax(Σ scale ∘ tanh(query + key)) · value: for each query, a mean of the values, weighted by how well their keys fit. Without a key,
 * the values are their own keys; where the mask is 0, there is no value, and a query that may look at
 * none gets the mean of all. Bahdanau, Cho and Bengio (2015).
 *
 * query [batch, queries, features], value [batch, values, size], key [batch, values, features], mask [batch, values], scale [features],
 * y [batch, queries, size].
 */
export const additiveAttention = defineNode({
  type: 'additiveAttention',
  config: ({ useScale = true, ...options }: AdditiveAttentionOptions = {}) => ({
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
      config: { useScale: false, useCausalMask: true },
      inputs: { query: [2, 4, 3], value: [2, 4, 2], key: [2, 4, 3] },
    },
    {
      config: { dropout: 0.3 },
      inputs: { query: [2, 3, 2], value: [2, 4, 2], key: [2, 4, 2], mask: [2, 4] },
    },
  ],
  shapes: ports => ({ y: attendedShape(ports) }),
  expects: () => ({ mask: { whole: [0, 1] } }),
  parameters: ({ query }, { useScale }) => ({
    scale: useScale ? { shape: [check.lastAxis({ query })], initializer: 'glorotUniform' } : undefined,
  }),
  forward({ query, value, key = value, mask, scale }, config, context) {
    const { kernels: k } = context
    const [batch = 1, queries = 0, features = 0] = query.shape
    const [, values = 0] = key.shape
    const pairs = k.add(
      k.reshape(query, [batch, queries, 1, features]),
      k.reshape(key, [batch, 1, values, features]),
    )
    const bent = k.tanh(pairs)
    const scores = k.sum(scale ? k.mul(bent, scale) : bent, [3])
    return { y: attended(scores, { value, mask }, config, context) }
  },
})
