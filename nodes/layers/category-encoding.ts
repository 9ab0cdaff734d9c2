import { check, defineNode } from '../../core/index.ts'

export interface CategoryEncodingOptions {
  /** How many categories there are: 0 to numTokens - 1. Required. */
  numTokens: number
  /**
   * Whether each number becomes a row with a 1 in its place; or each sample one row, with a 1 for each number that it has, or with how
   * often it has it.
   *
   * @default 'multiHot'
   */
  outputMode?: 'oneHot' | 'multiHot' | 'count'
}

/**
 * Numbers of categories as rows of zeros and ones.
 *
 * x [batch, n] with whole numbers from 0 to numTokens - 1, y [batch, numTokens], or [batch, n, numTokens] with `'oneHot'`.
 */
export const categoryEncoding = defineNode({
  type: 'categoryEncoding',
  config: ({ numTokens, outputMode = 'multiHot' }: CategoryEncodingOptions) => ({
    numTokens: check.positiveInteger({ numTokens }),
    outputMode: check.oneOf({ outputMode }, ['oneHot', 'multiHot', 'count']),
  }),
  inputs: ['x'],
  nonDifferentiable: ['x'],
  outputs: ['y'],
  examples: [
    { config: { numTokens: 4 }, inputs: { x: [4, 3] } },
    { config: { numTokens: 5, outputMode: 'count' }, inputs: { x: [4, 3] } },
    { config: { numTokens: 3, outputMode: 'oneHot' }, inputs: { x: [2, 3] } },
  ],
  shapes: ({ x }, { numTokens, outputMode }) => ({
    y: [...(outputMode === 'oneHot' ? x : x.slice(0, -1)), numTokens],
  }),
  expects: ({ numTokens }) => ({ x: { whole: [0, numTokens - 1] } }),
  ranges: (_, { outputMode }) => ({ y: outputMode === 'oneHot' ? 'distribution' : undefined }),
  forward({ x }, { numTokens, outputMode }, { kernels: k }) {
    const each = k.equal(k.reshape(x, [...x.shape, 1]), k.iota(numTokens))
    if (outputMode === 'oneHot') return { y: each }
    const axes = [x.shape.length - 1]
    return { y: outputMode === 'count' ? k.sum(each, axes) : k.max(each, axes) }
  },
  backward: () => ({}),
})
