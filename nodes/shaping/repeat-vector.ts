import { check, defineNode } from '../../core/index.ts'

export interface RepeatVectorOptions {
  /** How often. Required. */
  n: number
}

/** y = each row of x, n times: [batch, features] becomes [batch, n, features]. */
export const repeatVector = defineNode({
  type: 'repeatVector',
  config: ({ n }: RepeatVectorOptions) => ({ n: check.positiveInteger({ n }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { n: 3 }, inputs: { x: [4, 5] } },
    { config: { n: 1 }, inputs: { x: [2, 7] } },
  ],
  shapes({ x: [batch = null, ...sample] }, { n }) {
    if (sample.length === 1) return { y: [batch, n, ...sample] }
    throw new Error(`x has one row for each sample, [batch, features], and not ${sample.length} axes`)
  },
  rearranges: true,
  ranges: ({ x }) => ({ y: x }),
  forward({ x }, { n }, { kernels: k }) {
    const [batch = 1, features = 1] = x.shape
    return { y: k.expand(k.reshape(x, [batch, 1, features]), [batch, n, features]) }
  },
  // dx = the sum of dy over the repetitions
  backward({ y: dy }, _, __, { kernels: k }) {
    return { x: k.sum(dy, [1]) }
  },
})
