/** Marks of classes: each has a colour and a shape, so that colour is never the only difference. */

type Point = readonly [number, number]

const polygon = (corners: number, turn: number, radius: number): Point[] =>
  Array.from({ length: corners }, (_, i): Point => {
    const angle = 2 * Math.PI * (i / corners) + turn
    return [radius * Math.cos(angle), radius * Math.sin(angle)]
  })

const UP = -Math.PI / 2
const THIRD = 0.36
const cross = [
  [-THIRD, -1.1],
  [THIRD, -1.1],
  [THIRD, -THIRD],
  [1.1, -THIRD],
  [1.1, THIRD],
  [THIRD, THIRD],
  [THIRD, 1.1],
  [-THIRD, 1.1],
  [-THIRD, THIRD],
  [-1.1, THIRD],
  [-1.1, -THIRD],
  [-THIRD, -THIRD],
] as const

/** Of similar size: circle, triangle, square, cross, diamond, inverted triangle. */
const SHAPES: readonly (readonly Point[])[] = [
  polygon(20, 0, 1),
  polygon(3, UP, 1.4),
  polygon(4, Math.PI / 4, 1.25),
  cross,
  polygon(4, 0, 1.35),
  polygon(3, -UP, 1.4),
]

export const COLOURS = [
  '--series-1',
  '--series-2',
  '--series-3',
  '--series-4',
  '--series-6',
  '--series-5',
] as const

export const colourNameOf = (of: number): (typeof COLOURS)[number] =>
  COLOURS[of % COLOURS.length] as (typeof COLOURS)[number]

/** The corners of the mark of a class, around a centre. When colours repeat, shapes differ. */
export function markOf(of: number, [x, y]: Point, radius: number): Point[] {
  const shape = SHAPES[(of + Math.floor(of / COLOURS.length)) % SHAPES.length] as readonly Point[]
  return shape.map(([a, b]): Point => [x + radius * a, y + radius * b])
}
