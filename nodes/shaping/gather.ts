import { check, defineNode } from '../../core/index.ts'
import { axisOf } from '../axes.ts'

export interface GatherOptions {
  /**
   * The axis that is looked up, counted from the end where it is negative; 0 is the batch.
   *
   * @default 1
   */
  axis?: number
}

/**
 * y = the entries of x at some places of an axis, other places for each sample.
 *
 * x [batch, ..., n, ...], indices [batch, m] with whole numbers from 0 to n - 1, y [batch, ..., m, ...].
 */
export const gather = defineNode({
  type: 'gather',
  config: ({ axis = 1 }: GatherOptions = {}) => ({ axis: check.integer({ axis }) }),
  inputs: ['x', 'indices'],
  nonDifferentiable: ['indices'],
  outputs: ['y'],
  examples: [
    { inputs: { x: [4, 5, 3], indices: [4, 2] } },
    { config: { axis: -1 }, inputs: { x: [3, 2, 6], indices: [3, 4] } },
  ],
  shapes({ x, indices: [batch = null, ...places] }, { axis }) {
    const at = axisOf(x, axis)
    check.samePorts({ x: x.slice(0, 1), indices: [batch] })
    return { y: [...x.slice(0, at), ...places, ...x.slice(at + 1)] }
  },
  expects: ({ axis }, { x }) => ({ indices: { whole: [0, (x[axisOf(x, axis)] as number) - 1] } }),
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x, indices }, { axis }, { kernels: k }) {
    return { y: k.gather(x, indices, axisOf(x.shape, axis), 1) }
  },
  // dx = dy, added up at the places that it came from
  backward({ y: dy }, { x, indices }, { axis }, { kernels: k }) {
    const at = axisOf(x.shape, axis)
    return { x: k.scatterAdd(dy, indices, { axis: at, batch: 1, length: x.shape[at] as number }) }
  },
})
