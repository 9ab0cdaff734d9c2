import { defineNode } from '../../core/index.ts'
import { type Around, sidesOf } from './around.ts'
import { around, fieldOf } from './windows.ts'

export interface Cropping1dOptions {
  /**
   * How much is cut off: one number for all sides, or two for each axis, before and after.
   *
   * @default 1
   */
  cropping?: Around
}

/** y = x [batch, time, channels] without what is around. */
export const cropping1d = defineNode({
  type: 'cropping1d',
  config: ({ cropping = 1 }: Cropping1dOptions = {}) => ({ cropping: sidesOf({ cropping }, 1) }),
  inputs: ['x'],
  outputs: ['y'],
  rearranges: true,
  examples: [{ inputs: { x: [2, 6, 3] } }, { config: { cropping: [1, 2] }, inputs: { x: [2, 6, 3] } }],
  shapes({ x }, { cropping }) {
    const field = fieldOf(x, 1).map((length, i) => length - (cropping[i]?.[0] ?? 0) - (cropping[i]?.[1] ?? 0))
    if (field.some(length => length <= 0)) throw new Error(`nothing is left of ${fieldOf(x, 1).join(' x ')}`)
    return { y: [x[0] ?? null, ...field, x.at(-1) ?? null] }
  },
  ranges: ({ x }) => ({ y: x === 'distribution' ? [0, 1] : x }),
  forward({ x }, { cropping }, { kernels: k }) {
    const cut = (y: typeof x, [before, after]: readonly [number, number], i: number) =>
      k.slice(y, i + 1, before, (x.shape[i + 1] as number) - before - after)
    return { y: cropping.reduce(cut, x) }
  },
  // dx = dy with zeros around
  backward({ y: dy }, _, { cropping }, { kernels: k }) {
    return {
      x: k.pad(dy, around(cropping.map(([before]) => before)), around(cropping.map(([, after]) => after))),
    }
  },
})
