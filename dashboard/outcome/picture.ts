/** Samples as pictures: which inputs are images, and how their numbers become pixels. */
import type { RunState } from '../../client.ts'

export interface PictureShape {
  readonly height: number
  readonly width: number
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: 1 | 3
}

/** The fewest rows and columns of a picture, and the most. */
const SIDES = [4, 512] as const
/** Names of numbers that are pixels: p00, px_12, pixel 784. */
const PIXEL = /^(p|px|pixel)[ _]?\d+([ _x]\d+)?$/i

/**
 * The picture that a sample of an input is, if it is one: [height, width], with 1 or 3 channels behind it, or a row of numbers that the
 * graph reshapes so or that are named like pixels.
 */
export function pictureOf(
  { nodes }: Pick<RunState, 'nodes'>,
  input: string,
  names: readonly string[] | undefined,
): PictureShape | undefined {
  const shape = nodes[input]?.shape.slice(1) ?? []
  if (shape.length !== 1) return pictureOfShape(shape)
  for (const { type, inputs, shape: next } of Object.values(nodes)) {
    if (type === 'reshape' && inputs[0] === input) return pictureOfShape(next.slice(1))
  }
  const side = Math.sqrt(shape[0] ?? 0)
  if (!Number.isInteger(side) || names?.length !== side * side) return undefined
  return names.every(name => PIXEL.test(name)) ? pictureOfShape([side, side]) : undefined
}

function pictureOfShape(shape: readonly (number | null)[]): PictureShape | undefined {
  const [height, width, channels = 1] = shape
  const isSide = (side: number | null | undefined): side is number =>
    typeof side === 'number' && side >= SIDES[0] && side <= SIDES[1]
  if (shape.length > 3 || !isSide(height) || !isSide(width)) return undefined
  return channels === 1 || channels === 3 ? { height, width, channels } : undefined
}

/** The smallest and the largest number of some samples, between which their pixels go from dark to light. */
export function rangeOf(samples: readonly (readonly number[])[]): readonly [number, number] {
  let [least, most] = [0, Number.NEGATIVE_INFINITY]
  for (const sample of samples) {
    for (const value of sample) {
      if (value < least) least = value
      if (value > most) most = value
    }
  }
  return [least, most > least ? most : least + 1]
}

/** Red, green, blue and opacity of each pixel. */
export function pixelsOf(
  sample: readonly number[],
  { height, width, channels }: PictureShape,
  [least, most]: readonly [number, number],
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * height * width).fill(255)
  for (let i = 0; i < height * width; i++) {
    for (let j = 0; j < 3; j++) {
      const value = sample[channels === 1 ? i : 3 * i + j] ?? Number.NaN
      pixels[4 * i + j] = (255 * (value - least)) / (most - least)
    }
  }
  return pixels
}
