import { defineNode } from '../../core/index.ts'

/** y = x: the identity, for an output without an activation. */
export const linear = defineNode({
  type: 'linear',
  inputs: ['x'],
  outputs: ['y'],
  shapes: ({ x }) => ({ y: x }),
  rearranges: true,
  ranges: ({ x }) => ({ y: x }),
  forward: ({ x }) => ({ y: x }),
  backward: ({ y: dy }) => ({ x: dy }),
})
