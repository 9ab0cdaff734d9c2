import { check, defineNode, type PortShape } from '../../core/index.ts'

export interface ReshapeOptions {
  /** The shape of each sample; -1, at most once, stands for as many as are left. Required. */
  targetShape: readonly number[]
}

/** y = the entries of each sample, row by row, in another shape: [batch, 6] becomes [batch, 3, 2]. */
export const reshape = defineNode({
  type: 'reshape',
  config: ({ targetShape }: ReshapeOptions) => ({
    targetShape: check.list(
      { targetShape },
      'of whole numbers above 0, with at most one -1, such as [28, 28, 1] or [-1, 2]',
      length => Number.isSafeInteger(length) && (length > 0 || length === -1),
    ),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { targetShape: [3, 2] }, inputs: { x: [4, 6] } },
    { config: { targetShape: [-1, 4] }, inputs: { x: [3, 2, 6] } },
  ],
  shapes: ({ x }, { targetShape }) => ({ y: [x[0] ?? null, ...sampleOf(x, targetShape)] }),
  rearranges: true,
  ranges: ({ x }) => ({ y: x === 'distribution' ? undefined : x }),
  forward({ x }, { targetShape }, { kernels: k }) {
    return { y: k.reshape(x, [x.shape[0] as number, ...sampleOf(x.shape, targetShape)]) }
  },
  // dx = dy in the shape of x
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.reshape(dy, x.shape) }
  },
})

const product = (lengths: readonly (number | null)[]) =>
  lengths.reduce<number>((size, length) => size * (length as number), 1)

function sampleOf(x: PortShape, targetShape: readonly number[]): readonly number[] {
  const size = product(x.slice(1))
  const known = product(targetShape.filter(length => length !== -1))
  const sample = targetShape.map(length => (length === -1 ? size / known : length))
  if (product(sample) === size && sample.every(Number.isInteger)) return sample
  throw new Error(`samples of ${size} entries do not fit into [${targetShape.join(', ')}]`)
}
