import { check, defineNode } from '../../core/index.ts'
import { checkedInitializer, type InitializerOption } from '../initializers/index.ts'

export interface EmbeddingOptions {
  /** How many different numbers there are to look up: 0 to inputDim - 1. Required. */
  inputDim: number
  /** The length of the vector for each. Required. */
  outputDim: number
  /**
   * The first values of the vectors.
   *
   * @default 'randomUniform'
   */
  embeddingsInitializer?: InitializerOption
}

/**
 * A vector for each of `inputDim` things, such as words or categories: y = the rows of a table at the numbers in x.
 *
 * x [batch, ...] with whole numbers from 0 to inputDim - 1, embeddings [inputDim, outputDim], y [batch, ..., outputDim].
 */
export const embedding = defineNode({
  type: 'embedding',
  config: ({ inputDim, outputDim, embeddingsInitializer = 'randomUniform' }: EmbeddingOptions) => ({
    inputDim: check.positiveInteger({ inputDim }),
    outputDim: check.positiveInteger({ outputDim }),
    embeddingsInitializer: checkedInitializer({ embeddingsInitializer }),
  }),
  inputs: ['x'],
  nonDifferentiable: ['x'],
  outputs: ['y'],
  examples: [
    { config: { inputDim: 7, outputDim: 3 }, inputs: { x: [4, 5] } },
    { config: { inputDim: 2, outputDim: 4 }, inputs: { x: [3, 2, 2] } },
  ],
  shapes: ({ x }, { outputDim }) => ({ y: [...x, outputDim] }),
  expects: ({ inputDim }) => ({ x: { whole: [0, inputDim - 1] } }),
  parameters: (_, { inputDim, outputDim, embeddingsInitializer }) => ({
    embeddings: { shape: [inputDim, outputDim], initializer: embeddingsInitializer },
  }),
  forward({ x, embeddings }, _, { kernels: k }) {
    return { y: k.gather(embeddings, x) }
  },
  // each row of the table gets the gradients of the places where it was looked up
  backward({ y: dy }, { x, embeddings }, _, { kernels: k }) {
    return { embeddings: k.scatterAdd(dy, x, { length: embeddings.shape[0] as number }) }
  },
})
