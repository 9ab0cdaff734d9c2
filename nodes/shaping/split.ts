import { CheckFailed, check, defineNode } from '../../core/index.ts'
import { axisOf } from '../axes.ts'

export interface SplitPartOptions {
  /** Into how many equal parts. Required. */
  parts: number
  /**
   * Which of them y is, from 0.
   *
   * @default 0
   */
  part?: number
  /**
   * The axis, counted from the end where it is negative; 0 is the batch and cannot be cut.
   *
   * @default -1
   */
  axis?: number
}

/** y = one of several equal parts of x along an axis. `splitAll` gives all of them. */
export const split = defineNode({
  type: 'split',
  config({ parts, part = 0, axis = -1 }: SplitPartOptions) {
    check.positiveInteger({ parts })
    if (check.nonNegativeInteger({ part }) >= parts)
      throw new CheckFailed(`part to be from 0 to ${parts - 1}`, String(part), { option: 'part' })
    return { parts, part, axis: check.integer({ axis }) }
  },
  inputs: ['x'],
  outputs: ['y'],
  rearranges: true,
  examples: [
    { config: { parts: 2, part: 1 }, inputs: { x: [4, 6] } },
    { config: { parts: 3, axis: 1 }, inputs: { x: [2, 6, 5] } },
  ],
  shapes({ x }, { parts, axis }) {
    const at = axisOf(x, axis)
    const length = x[at] as number
    if (length % parts === 0) return { y: x.with(at, length / parts) }
    throw new Error(`the ${length} entries of axis ${at} cannot be cut into ${parts} equal parts`)
  },
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, { parts, part, axis }, { kernels: k }) {
    const at = axisOf(x.shape, axis)
    const length = (x.shape[at] as number) / parts
    return { y: k.slice(x, at, part * length, length) }
  },
  // dx = dy with zeros around
  backward({ y: dy }, { x }, { parts, part, axis }, { kernels: k }) {
    const at = axisOf(x.shape, axis)
    const length = (x.shape[at] as number) / parts
    const zeros = x.shape.map(() => 0)
    return { x: k.pad(dy, zeros.with(at, part * length), zeros.with(at, (parts - 1 - part) * length)) }
  },
})
