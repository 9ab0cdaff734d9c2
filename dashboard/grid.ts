/** A grid over the plane of the points, in rows from the top. */
import type { TensorJson } from '../client.ts'

/** Grid points per side: of a plane that changes all the time, coarsest first, and of one at rest. Values in between are interpolated. */
export const SIDES = [20, 28, 36] as const
export const FINEST = 64

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
 * Calls `use` with the values at each pixel of a square picture of a square grid, row by row from the top left, interpolated in both directions.
 * The list that it gets is the same each time.
 */
export function interpolated(
  values: Float64Array,
  width: number,
  side: number,
  use: (between: Float64Array, pixel: number) => void,
): void {
  const across = Math.sqrt(values.length / width)
  if (!Number.isInteger(across) || across < 2) return
  const line = new Float64Array(across * width)
  const between = new Float64Array(width)
  for (let row = 0; row < side; row++) {
    // First the line of the grid at this height, then the places in it.
    const y = (row / (side - 1)) * (across - 1)
    const top = Math.min(Math.floor(y), across - 2)
    const upper = top * line.length
    for (let i = 0; i < line.length; i++) {
      const above = values[upper + i] as number
      line[i] = above + ((values[upper + line.length + i] as number) - above) * (y - top)
    }
    for (let column = 0; column < side; column++) {
      const x = (column / (side - 1)) * (across - 1)
      const left = Math.min(Math.floor(x), across - 2)
      for (let i = 0; i < width; i++) {
        const before = line[left * width + i] as number
        between[i] = before + ((line[(left + 1) * width + i] as number) - before) * (x - left)
      }
      use(between, row * side + column)
    }
  }
}
