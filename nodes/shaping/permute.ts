import { check, defineNode } from '../../core/index.ts'

export interface PermuteOptions {
  /** The axes in their new order, counted from 1; the batch is 0 and stays in front. Required. */
  dims: readonly number[]
}

/** y = x with its axes in another order: `dims: [2, 1]` turns [batch, 2, 3] into [batch, 3, 2]. */
export const permute = defineNode({
  type: 'permute',
  config: ({ dims }: PermuteOptions) => ({
    dims: check.list(
      { dims },
      'of axes, each once, such as [2, 1]',
      axis =>
        Number.isSafeInteger(axis) && axis >= 1 && axis <= dims.length && new Set(dims).size === dims.length,
    ),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { dims: [2, 1] }, inputs: { x: [4, 2, 3] } },
    { config: { dims: [3, 1, 2] }, inputs: { x: [2, 4, 3, 5] } },
  ],
  shapes({ x }, { dims }) {
    if (x.length === dims.length + 1) return { y: [x[0] ?? null, ...dims.map(axis => x[axis] as number)] }
    throw new Error(`dims names ${dims.length} axes, and x has ${x.length - 1} besides the batch`)
  },
  rearranges: true,
  ranges: ({ x }) => ({ y: x === 'distribution' ? undefined : x }),
  forward({ x }, { dims }, { kernels: k }) {
    return { y: k.permute(x, [0, ...dims]) }
  },
  // dx = dy with its axes put back
  backward({ y: dy }, _, { dims }, { kernels: k }) {
    return { x: k.permute(dy, [0, ...dims.map((_, i) => dims.indexOf(i + 1) + 1)]) }
  },
})
