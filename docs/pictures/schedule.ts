/** The plot of a schedule: its number in each training step. */
import { line } from 'd3-shape'
import { type Schedule, schedule } from 'gradstream'
import { courseOf, isPlateau } from '../../core/index.ts'
import { grid, HEIGHT, LEFT, type Point, RIGHT, scalesFor, WIDTH } from './axes.ts'
import { element, picture, text } from './svg.ts'

/** One of each kind, by its name. */
export const schedules: Readonly<Record<keyof typeof schedule, Schedule>> = {
  constant: schedule.constant({ value: 0.01 }),
  cosine: schedule.cosine({ initial: 0.01, steps: 1000 }),
  cosineRestarts: schedule.cosineRestarts({ initial: 0.01, steps: 150, decay: 0.8 }),
  cyclic: schedule.cyclic({ minimum: 0.002, maximum: 0.01, steps: 250, mode: 'triangular2' }),
  exponential: schedule.exponential({ initial: 0.01, rate: 0.5, steps: 200 }),
  inverseTime: schedule.inverseTime({ initial: 0.01, rate: 1, steps: 200 }),
  oneCycle: schedule.oneCycle({ maximum: 0.01, steps: 1000 }),
  piecewise: schedule.piecewise({ boundaries: [400, 800], values: [0.01, 0.005, 0.001] }),
  polynomial: schedule.polynomial({ initial: 0.01, steps: 1000, power: 2 }),
  reduceOnPlateau: schedule.reduceOnPlateau({ initial: 0.01, patience: 5, factor: 0.5, cooldown: 2 }),
  warmUp: schedule.warmUp({ steps: 200, to: schedule.cosine({ initial: 0.01, steps: 800 }) }),
}

/** One for about each pixel. */
const POINTS = 600

export function schedulePicture(drawn: Schedule): string {
  const { schedule: name, ...options } = drawn
  const points = courseOf(drawn, POINTS)
  const scales = scalesFor([[0, 0], ...points])
  const course = line<Point>(
    ([step]) => scales.x(step),
    ([, value]) => scales.y(value),
  ).digits(2)
  const chosen = Object.entries(options).filter(([, value]) => value !== null)
  const shown = chosen.map(([option, value]) => `${option}: ${wordsFor(value)}`)
  return picture(
    {
      width: WIDTH,
      height: HEIGHT,
      title: `The schedule ${name}`,
      description: `A curve over the first ${points.at(-1)?.[0]} ${isPlateau(drawn) ? 'epochs without improvement' : 'training steps'}: the number that ${name} gives.`,
    },
    ...grid(scales),
    element('path', { d: course(points) ?? '', class: 'line line-first', 'stroke-width': 2.5 }),
    text(name, { x: LEFT, y: 32, class: 'fill-ink', style: 'font-size:17px;font-weight:600' }),
    text(shown.join(', '), { x: RIGHT, y: 32, class: 'fill-quiet', 'text-anchor': 'end' }),
  )
}

const wordsFor = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.join(', ')}]`
    : typeof value === 'object'
      ? String((value as Schedule).schedule)
      : String(value)
