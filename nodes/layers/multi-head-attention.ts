import { CheckFailed, check, defineNode, type Kernels, type Tensor } from '../../core/index.ts'
import { checkedInitializer, type InitializerOption } from '../initializers/index.ts'
import { demandSequences, droppedOut, weightsOf } from './attend.ts'

export interface MultiHeadAttentionOptions {
  /** How many attentions there are side by side. Required. */
  numHeads: number
  /** The length of a query and of a key in each head. Required. */
  keyDim: number
  /**
   * The length of a value in each head, or `null` for that of a key.
   *
   * @default null
   */
  valueDim?: number | null
  /**
   * How many heads have keys and values of their own, or `null` for all; each serves as many heads of queries. Ainslie et al. (2023).
   *
   * @default null
   */
  numKeyValueHeads?: number | null
  /**
   * The length of the rows of y, or `null` for that of the queries.
   *
   * @default null
   */
  outputDim?: number | null
  /**
   * Whether biases are added.
   *
   * @default true
   */
  useBias?: boolean
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
  /**
   * The first values of the kernels.
   *
   * @default 'glorotUniform'
   */
  kernelInitializer?: InitializerOption
}

/**
 * Several attentions side by side, each in a projection of its own: for each head, softmax(q · kᵀ / √keyDim) · v, with q, k and v projections
 * of query, key and value; y is a projection of all heads together. Without a key, the values are their own keys; where the mask is 0, there
 * is no value, and a query that may look at
 * none gets the mean of all. Vaswani et al. (2017).
 *
 * query [batch, queries, features], value and key [batch, values, ...], mask [batch, values], queryKernel [features, heads, keyDim],
 * keyKernel and valueKernel alike, outputKernel [heads, valueDim, outputDim], y [batch, queries, outputDim].
 */
export const multiHeadAttention = defineNode({
  type: 'multiHeadAttention',
  config({
    numHeads,
    keyDim,
    valueDim = null,
    numKeyValueHeads = null,
    outputDim = null,
    useBias = true,
    useCausalMask = false,
    dropout = 0,
    kernelInitializer = 'glorotUniform',
  }: MultiHeadAttentionOptions) {
    check.positiveInteger({ numHeads })
    const shared = numKeyValueHeads === null ? numHeads : check.positiveInteger({ numKeyValueHeads })
    if (numHeads % shared !== 0)
      throw new CheckFailed(
        `numHeads to be a multiple of numKeyValueHeads, which is ${shared}`,
        String(numHeads),
        {
          option: 'numHeads',
        },
      )
    return {
      numHeads,
      keyDim: check.positiveInteger({ keyDim }),
      valueDim: valueDim === null ? valueDim : check.positiveInteger({ valueDim }),
      numKeyValueHeads,
      outputDim: outputDim === null ? outputDim : check.positiveInteger({ outputDim }),
      useBias: check.boolean({ useBias }),
      useCausalMask: check.boolean({ useCausalMask }),
      dropout: check.fraction({ dropout }),
      kernelInitializer: checkedInitializer({ kernelInitializer }),
    }
  },
  inputs: ['query', 'value'],
  optional: ['key', 'mask'],
  nonDifferentiable: ['mask'],
  outputs: ['y'],
  examples: [
    { config: { numHeads: 2, keyDim: 3 }, inputs: { query: [2, 3, 4], value: [2, 4, 5] } },
    {
      config: {
        numHeads: 4,
        keyDim: 2,
        numKeyValueHeads: 2,
        useCausalMask: true,
        useBias: false,
        outputDim: 3,
      },
      inputs: { query: [2, 4, 4], value: [2, 4, 4] },
    },
    {
      config: { numHeads: 1, keyDim: 2, valueDim: 3, dropout: 0.2 },
      inputs: { query: [2, 3, 2], value: [2, 4, 3], key: [2, 4, 2], mask: [2, 4] },
    },
  ],
  shapes({ query, value, key = value, mask }, { outputDim }) {
    demandSequences(query, value, { key, mask })
    return { y: [...query.slice(0, 2), outputDim ?? query[2] ?? null] }
  },
  expects: () => ({ mask: { whole: [0, 1] } }),
  parameters({ query, value, key = value }, options) {
    const { numHeads, keyDim, numKeyValueHeads, useBias, kernelInitializer: initializer } = options
    const [shared, size] = [numKeyValueHeads ?? numHeads, options.valueDim ?? keyDim]
    const outputDim = options.outputDim ?? check.lastAxis({ query })
    const bias = (shape: readonly number[]) =>
      useBias ? ({ shape, initializer: 'zeros' } as const) : undefined
    return {
      queryKernel: { shape: [check.lastAxis({ query }), numHeads, keyDim], initializer },
      queryBias: bias([numHeads, keyDim]),
      keyKernel: { shape: [check.lastAxis({ key }), shared, keyDim], initializer },
      keyBias: bias([shared, keyDim]),
      valueKernel: { shape: [check.lastAxis({ value }), shared, size], initializer },
      valueBias: bias([shared, size]),
      outputKernel: { shape: [numHeads, size, outputDim], initializer },
      outputBias: bias([outputDim]),
    }
  },
  forward({ query, value, key = value, mask, ...parameters }, options, context) {
    const { kernels: k } = context
    const { numHeads, keyDim, numKeyValueHeads, dropout } = options
    const group = numHeads / (numKeyValueHeads ?? numHeads)
    // [batch, places, heads, size]
    const q = k.scale(projected(query, parameters.queryKernel, parameters.queryBias, k), keyDim ** -0.5)
    const keys = repeatedHeads(projected(key, parameters.keyKernel, parameters.keyBias, k), group, k)
    const values = repeatedHeads(projected(value, parameters.valueKernel, parameters.valueBias, k), group, k)
    // [batch, heads, queries, values]
    const scores = k.contract(q, keys, {
      batch: [
        [0, 0],
        [2, 2],
      ],
      sum: [[3, 3]],
    })
    const weights = droppedOut(weightsOf(scores, { mask, ...options }, k), dropout, context)
    // [batch, heads, queries, size]
    const heads = k.contract(weights, values, {
      batch: [
        [0, 0],
        [1, 2],
      ],
      sum: [[3, 1]],
    })
    const y = k.contract(heads, parameters.outputKernel, {
      batch: [],
      sum: [
        [1, 0],
        [3, 1],
      ],
    })
    return { y: parameters.outputBias ? k.add(y, parameters.outputBias) : y }
  },
})

/** x · kernel + bias for each head: [batch, places, features] becomes [batch, places, heads, size]. */
function projected(x: Tensor, kernel: Tensor, bias: Tensor | undefined, k: Kernels): Tensor {
  const y = k.contract(x, kernel, { batch: [], sum: [[2, 0]] })
  return bias ? k.add(y, bias) : y
}

/** Each head as often as there are heads of queries for it. */
function repeatedHeads(x: Tensor, group: number, k: Kernels): Tensor {
  if (group === 1) return x
  const [batch = 1, places = 0, heads = 0, size = 0] = x.shape
  const apart = k.reshape(x, [batch, places, heads, 1, size])
  return k.reshape(k.expand(apart, [batch, places, heads, group, size]), [batch, places, heads * group, size])
}
