import { check, defineNode, type PortShape } from '../../core/index.ts'
import { checkedInitializer, type InitializerOption } from '../initializers/index.ts'

export interface PositionEmbeddingOptions {
  /** The length of the longest sequence. Required. */
  sequenceLength: number
  /**
   * The first values.
   *
   * @default 'glorotUniform'
   */
  initializer?: InitializerOption
}

/**
 * A vector that is learned for each place of a sequence: y = the vectors of the places that x has. Add it to x, of which it reads only the
 * shape: `add()(x, positionEmbedding({ sequenceLength: 32 })(x))`.
 *
 * x [batch, time, features], positions [sequenceLength, features], y [batch, time, features].
 */
export const positionEmbedding = defineNode({
  type: 'positionEmbedding',
  config: ({ sequenceLength, initializer = 'glorotUniform' }: PositionEmbeddingOptions) => ({
    sequenceLength: check.positiveInteger({ sequenceLength }),
    initializer: checkedInitializer({ initializer }),
  }),
  inputs: ['x'],
  nonDifferentiable: ['x'],
  outputs: ['y'],
  examples: [
    { config: { sequenceLength: 5 }, inputs: { x: [4, 5, 3] } },
    { config: { sequenceLength: 7 }, inputs: { x: [2, 4, 2] } },
  ],
  shapes({ x }, { sequenceLength }) {
    const time = timeOf(x)
    if (time <= sequenceLength) return { y: x }
    throw new Error(`sequences of up to ${sequenceLength}, and x has ${time}`)
  },
  parameters: ({ x }, { sequenceLength, initializer }) => ({
    positions: { shape: [sequenceLength, check.lastAxis({ x })], initializer },
  }),
  forward({ x, positions }, _, { kernels: k }) {
    return { y: k.expand(k.slice(positions, 0, 0, x.shape[1] as number), x.shape) }
  },
  // dpositions = the sum of dy over the samples
  backward({ y: dy }, { positions }, _, { kernels: k }) {
    const [, time = 0] = dy.shape
    return { positions: k.pad(k.sum(dy, [0]), [0, 0], [(positions.shape[0] as number) - time, 0]) }
  },
})

function timeOf(x: PortShape): number {
  if (x.length === 3) return x[1] as number
  throw new Error(`x has the axes [batch, time, features], and not ${x.length}`)
}
