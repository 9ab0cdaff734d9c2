/** The axes of a plot, their grid and their numbers. */
import { type ScaleLinear, scaleLinear } from 'd3-scale'
import { element, text } from './svg.ts'

export type Point = readonly [x: number, y: number]

export const WIDTH = 720
export const HEIGHT = 340
export const [LEFT, RIGHT] = [56, 636]
const [TOP, BOTTOM] = [52, 300]

export interface Scales {
  readonly x: ScaleLinear<number, number>
  readonly y: ScaleLinear<number, number>
}

export function scalesFor(points: readonly Point[]): Scales {
  const heights = points.map(([, height]) => height)
  const [lowest, highest] = [Math.min(...heights), Math.max(...heights)]
  const room = (highest - lowest) / 14
  return {
    x: scaleLinear([points[0]?.[0] as number, points.at(-1)?.[0] as number], [LEFT, RIGHT]),
    y: scaleLinear([lowest - room, highest + room], [BOTTOM, TOP]),
  }
}

export function grid({ x, y }: Scales): string[] {
  const rule = (ends: object, colour: string) => element('line', { ...ends, class: `line-${colour}` })
  const upright = (at: number) => ({ x1: x(at), x2: x(at), y1: TOP, y2: BOTTOM })
  const level = (at: number) => ({ x1: LEFT, x2: RIGHT, y1: y(at), y2: y(at) })
  const under = { y: BOTTOM + 22, 'text-anchor': 'middle', class: 'fill-quiet' }
  const beside = { x: LEFT - 10, 'text-anchor': 'end', class: 'fill-quiet' }
  const [xs, ys] = [x.ticks(9), y.ticks(5)]
  return [
    ...xs.map(at => rule(upright(at), 'faint')),
    ...ys.map(at => rule(level(at), 'faint')),
    rule(upright(0), 'quiet'),
    rule(level(0), 'quiet'),
    ...xs.map(at => text(number(at), { ...under, x: x(at) })),
    ...ys.map(at => text(number(at), { ...beside, y: y(at) + 5 })),
  ]
}

/** A number with a minus sign as long as a plus. */
const number = (value: number) => String(value).replace('-', '−')
