import { check, defineNode, type PortShape } from '../../core/index.ts'
import { axisOf } from '../axes.ts'

export interface SliceOptions {
  /**
   * The axis, counted from the end where it is negative; 0 is the batch and cannot be cut.
   *
   * @default -1
   */
  axis?: number
  /**
   * The first entry; counted from the end where it is negative.
   *
   * @default 0
   */
  start?: number
  /**
   * The entry behind the last one; counted from the end where it is negative, and the end itself where it is `null`.
   *
   * @default null
   */
  end?: number | null
}

/** y = the entries `start` to `end` of one axis, without that at `end`, as in `Array.prototype.slice`. */
export const slice = defineNode({
  type: 'slice',
  config: ({ axis = -1, start = 0, end = null }: SliceOptions = {}) => ({
    axis: check.integer({ axis }),
    start: check.integer({ start }),
    end: end === null ? end : check.integer({ end }),
  }),
  inputs: ['x'],
  outputs: ['y'],
  rearranges: true,
  examples: [
    { config: { start: 1, end: 4 }, inputs: { x: [4, 6] } },
    { config: { axis: 1, start: -2 }, inputs: { x: [2, 5, 3] } },
    { config: { end: -1 }, inputs: { x: [3, 2, 4] } },
  ],
  shapes({ x }, config) {
    const { at, length } = partOf(x, config)
    return { y: x.with(at, length) }
  },
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, config, { kernels: k }) {
    const { at, from, length } = partOf(x.shape, config)
    return { y: k.slice(x, at, from, length) }
  },
  // dx = dy with zeros around
  backward({ y: dy }, { x }, config, { kernels: k }) {
    const { at, from, length } = partOf(x.shape, config)
    const zeros = x.shape.map(() => 0)
    return { x: k.pad(dy, zeros.with(at, from), zeros.with(at, (x.shape[at] as number) - from - length)) }
  },
})

interface Part {
  readonly axis: number
  readonly start: number
  readonly end: number | null
}

/** The axis, the first entry and how many there are. */
function partOf(x: PortShape, { axis, start, end }: Part) {
  const at = axisOf(x, axis)
  const whole = x[at] as number
  const placed = (place: number) => (place < 0 ? whole + place : place)
  const [from, to] = [placed(start), placed(end ?? whole)]
  if (from >= 0 && from < to && to <= whole) return { at, from, length: to - from }
  throw new Error(`the entries ${start} to ${end ?? 'the end'} are none of the ${whole} of axis ${at}`)
}
