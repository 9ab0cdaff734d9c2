import { defineNode } from '../../core/index.ts'

/** y = the entries of each sample in one row: [batch, 2, 3] becomes [batch, 6]. */
export const flatten = defineNode({
  type: 'flatten',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x: [batch = null, ...sample] }) => ({
    y: [batch, sample.reduce<number>((size, length) => size * (length as number), 1)],
  }),
  rearranges: true,
  ranges: ({ x }) => ({ y: x === 'distribution' ? undefined : x }),
  forward({ x }, _, { kernels: k }) {
    const [batch = 1] = x.shape
    return { y: k.reshape(x, [batch, x.size / batch]) }
  },
  // dx = dy in the shape of x
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.reshape(dy, x.shape) }
  },
})
