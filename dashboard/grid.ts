/** A grid over the plane of the points, in rows from the top. */
import type { TensorJson } from '../client.ts'

/** Grid points per side. Values in between are interpolated. */
export const GRID = 36

export interface Grid {
  /** The range of each input, with a margin. */
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
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
  return { x, y }
}

/**
 * Calls `use` with the values at each pixel of a square picture of the grid, row by row from the top left, interpolated in both directions.
 * The list that it gets is the same each time.
 */
export function interpolated(
  values: Float64Array,
  width: number,
  side: number,
  use: (between: Float64Array, pixel: number) => void,
): void {
  if (values.length < GRID * GRID * width) return
  const line = new Float64Array(GRID * width)
  const between = new Float64Array(width)
  for (let row = 0; row < side; row++) {
    // First the line of the grid at this height, then the places in it.
    const y = (row / (side - 1)) * (GRID - 1)
    const top = Math.min(Math.floor(y), GRID - 2)
    const upper = top * line.length
    for (let i = 0; i < line.length; i++) {
      const above = values[upper + i] as number
      line[i] = above + ((values[upper + line.length + i] as number) - above) * (y - top)
    }
    for (let column = 0; column < side; column++) {
      const x = (column / (side - 1)) * (GRID - 1)
      const left = Math.min(Math.floor(x), GRID - 2)
      for (let i = 0; i < width; i++) {
        const before = line[left * width + i] as number
        between[i] = before + ((line[(left + 1) * width + i] as number) - before) * (x - left)
      }
      use(between, row * side + column)
    }
  }
}
