import { defineNode, GradstreamError } from '../../core/index.ts'

/**
 * y = the sequences again whose steps `foldTime` took apart: [batch · time, 5] becomes [batch, time, 5].
 *
 * x [batch · time, ...], like [batch, time, ...], whose first two axes alone count, y [batch, time, ...].
 */
export const unfoldTime = defineNode({
  type: 'unfoldTime',
  inputs: ['x', 'like'],
  nonDifferentiable: ['like'],
  outputs: ['y'],
  examples: [{ inputs: { x: [2, 3], like: [2, 1, 4] } }],
  shapes({ x, like }) {
    if (like.length > 1) return { y: [...like.slice(0, 2), ...x.slice(1)] }
    throw new Error(`like has the axes [batch, time, ...], and not ${like.length}`)
  },
  rearranges: true,
  ranges: ({ x }) => ({ y: x }),
  forward({ x, like }, _, { kernels: k }) {
    const [rows = 0, ...step] = x.shape
    const [batch = 0, time = 0] = like.shape
    if (rows === batch * time) return { y: k.reshape(x, [batch, time, ...step]) }
    throw new GradstreamError('SHAPE_MISMATCH', {
      place: 'x',
      expected: `${batch * time} samples, the steps of ${batch} sequences of ${time}`,
      got: String(rows),
      hint: 'Pass as x what was made of foldTime()(like), step for step.',
    })
  },
  // dx = dy in the shape of x
  backward({ y: dy }, { x }, _, { kernels: k }) {
    return { x: k.reshape(dy, x.shape) }
  },
})
