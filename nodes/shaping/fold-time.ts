import { defineNode } from '../../core/index.ts'

/**
 * y = the steps of all sequences as samples of their own: [batch, time, 3] becomes [batch · time, 3]. What comes behind it, up to `unfoldTime`,
 * is computed for each step alone, as in `timeDistributed`.
 *
 * x [batch, time, ...], y [batch · time, ...].
 */
export const foldTime = defineNode({
  type: 'foldTime',
  inputs: ['x'],
  outputs: ['y'],
  examples: [{ inputs: { x: [2, 3, 4] } }, { inputs: { x: [3, 2, 2, 3] } }],
  shapes({ x }) {
    const [batch = null, time = null, ...step] = x
    if (x.length > 1) return { y: [batch === null || time === null ? null : batch * time, ...step] }
    throw new Error(`x has the axes [batch, time, ...], and not ${x.length}`)
  },
  rearranges: true,
  ranges: ({ x }) => ({ y: x }),
  forward({ x }, _, { kernels: k }) {
    const [batch = 0, time = 0, ...step] = x.shape
    return { y: k.reshape(x, [batch * time, ...step]) }
  },
  // dx = dy in the shape of x
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.reshape(dy, x.shape) }
  },
})
