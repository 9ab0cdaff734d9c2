/** A grid over the plane of the points, in rows from the top. */
import type { TensorJson } from '../client.ts'

/** Grid points per side. Values in between are interpolated. */
export const GRID = 36

export interface Grid {
  /** The range of each input, with a margin. */
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
  readonly rows: readonly (readonly [number, number])[]
}

export function gridOf({ data }: TensorJson): Grid {
  const axis = (offset: number): [number, number] => {
    const values = data.filter((value, i) => i % 2 === offset && Number.isFinite(value))
    const [least, most] = [Math.min(...values), Math.max(...values)]
    if (least > most) return [-1, 1]
    const margin = 0.1 * (most - least || 1)
    return [least - margin, most + margin]
  }
  const [x, y] = [axis(0), axis(1)]
  // Rounded to keep the message small.
  const at = ([least, most]: readonly [number, number], i: number) =>
    Number((least + ((most - least) * i) / (GRID - 1)).toPrecision(4))
  const rows = Array.from({ length: GRID * GRID }, (_, place): [number, number] => {
    return [at(x, place % GRID), at(y, GRID - 1 - Math.floor(place / GRID))]
  })
  return { x, y, rows }
}

/** Interpolates the grid at a position from 0 to 1 on each side, from the top left. */
export function interpolate(
  values: readonly number[],
  width: number,
  u: number,
  v: number,
  into: number[],
): void {
  const [x, y] = [u * (GRID - 1), v * (GRID - 1)]
  const [left, top] = [Math.min(Math.floor(x), GRID - 2), Math.min(Math.floor(y), GRID - 2)]
  const [a, b] = [x - left, y - top]
  const corner = (top * GRID + left) * width
  const below = corner + GRID * width
  for (let i = 0; i < width; i++) {
    const upper = (values[corner + i] as number) * (1 - a) + (values[corner + width + i] as number) * a
    const lower = (values[below + i] as number) * (1 - a) + (values[below + width + i] as number) * a
    into[i] = upper * (1 - b) + lower * b
  }
}
