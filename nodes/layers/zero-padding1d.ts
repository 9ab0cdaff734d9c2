import { defineNode } from '../../core/index.ts'
import { type Around, sidesOf } from './around.ts'
import { around, fieldOf } from './windows.ts'

export interface ZeroPadding1dOptions {
  /**
   * How many zeros: one number for all sides, or two for each axis, before and after.
   *
   * @default 1
   */
  padding?: Around
}

/** y = x [batch, time, channels] with zeros around. */
export const zeroPadding1d = defineNode({
  type: 'zeroPadding1d',
  config: ({ padding = 1 }: ZeroPadding1dOptions = {}) => ({ padding: sidesOf({ padding }, 1) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{ inputs: { x: [2, 5, 3] } }, { config: { padding: [1, 2] }, inputs: { x: [2, 5, 3] } }],
  shapes({ x }, { padding }) {
    const field = fieldOf(x, 1).map((length, i) => length + (padding[i]?.[0] ?? 0) + (padding[i]?.[1] ?? 0))
    return { y: [x[0] ?? null, ...field, x.at(-1) ?? null] }
  },
  forward({ x }, { padding }, { kernels: k }) {
    return {
      y: k.pad(x, around(padding.map(([before]) => before)), around(padding.map(([, after]) => after))),
    }
  },
  // dx = the part of dy that is not around
  backward({ y: dy }, { x }, { padding }, { kernels: k }) {
    return {
      x: padding.reduce((dx, [before], i) => k.slice(dx, i + 1, before, x.shape[i + 1] as number), dy),
    }
  },
})
