/** Layouts: how the numbers of a value lie in the memory of another one, whose rows lie one after another. */
import type { Instruction, Shape, Value } from '../../core/index.ts'

export interface Layout {
  /** The value that has memory of its own. */
  readonly base: Value
  /** Where in it the first entry lies, and how far apart entries lie along each axis, in numbers. */
  readonly offset: number
  readonly strides: readonly number[]
}

/** Row by row. */
export function packed(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis] as number
  }
  return strides
}

export const ownLayout = (base: Value): Layout => ({ base, offset: 0, strides: packed(base.shape) })

/** Whether a reshape only adds or leaves out axes of length 1. */
export function isSqueeze(from: Shape, to: Shape): boolean {
  const [a, b] = [from, to].map(shape => shape.filter(length => length !== 1)) as [number[], number[]]
  return a.length === b.length && a.every((length, axis) => length === b[axis])
}

/** The layout of what a view makes of a value; undefined where the numbers would have to be moved. */
export function viewLayout(instruction: Instruction, layout: Layout): Layout | undefined {
  const { base, offset, strides } = layout
  const [x] = instruction.operands as readonly [Value]
  const { shape } = instruction.result
  const along = (
    steps: (axis: number) => number,
    change: (stride: number, axis: number) => number,
  ): Layout => ({
    base,
    offset: strides.reduce((sum, stride, axis) => sum + stride * steps(axis), offset),
    strides: strides.map(change),
  })
  switch (instruction.operation) {
    case 'slice':
      return along(
        axis => instruction.options.starts[axis] as number,
        stride => stride,
      )
    case 'flip': {
      const isTurned = (axis: number) => instruction.options.axes.includes(axis)
      return along(
        axis => (isTurned(axis) ? Math.max((shape[axis] as number) - 1, 0) : 0),
        (stride, axis) => (isTurned(axis) ? -stride : stride),
      )
    }
    case 'permute':
      return { base, offset, strides: instruction.options.axes.map(axis => strides[axis] as number) }
    case 'expand': {
      const missing = shape.length - x.shape.length
      const strideOf = (axis: number) => (x.shape[axis - missing] === 1 ? 0 : (strides[axis - missing] ?? 0))
      return { base, offset, strides: shape.map((_, axis) => strideOf(axis)) }
    }
    case 'windows': {
      const { axes, strides: steps, dilations } = instruction.options
      const along = strides.map((stride, axis) => stride * (steps[axes.indexOf(axis)] ?? 1))
      const inside = axes.map((axis, i) => (strides[axis] as number) * (dilations[i] as number))
      return { base, offset, strides: [...along, ...inside] }
    }
    case 'reshape':
      return reshaped(x.shape, shape, layout)
    default:
      return undefined
  }
}

function reshaped(from: Shape, to: Shape, { base, offset, strides }: Layout): Layout | undefined {
  if (isSqueeze(from, to)) {
    const left = strides.filter((_, axis) => from[axis] !== 1)
    return { base, offset, strides: to.map(length => (length === 1 ? 0 : (left.shift() as number))) }
  }
  return isPacked(from, { strides }) ? { base, offset, strides: packed(to) } : undefined
}

/** Whether the numbers of a value lie row by row, one after another. */
export function isPacked(shape: Shape, { strides }: Pick<Layout, 'strides'>): boolean {
  const rows = packed(shape)
  return shape.every((length, axis) => length === 1 || strides[axis] === rows[axis])
}
