/** Products: contractions as matrix products, one for each entry of the batch. */
import { freeAxes, type InstructionOf, type Shape, sizeOf, type Value } from '../../core/index.ts'
import { type Layout, packed } from './layout.ts'
import type { CompiledProduct, Part } from './part.ts'

/** A matrix among the numbers of a value: rows lie one after another, or columns do. */
interface Matrix {
  readonly layout: Layout
  readonly isTransposed: boolean
  /** How far apart its rows lie, or its columns where it is transposed. */
  readonly width: number
  readonly batch: readonly number[]
}

export class Product implements Part {
  readonly members: ReadonlyMap<number, { readonly value: Value }>
  private readonly instruction: InstructionOf<'contract'>
  private readonly a: Matrix
  private readonly b: Matrix

  /** The operands that do not lie in memory as matrices, or one of two that are both transposed. */
  static unfit(
    instruction: InstructionOf<'contract'>,
    layoutOf: (value: Value) => Layout,
  ): readonly (0 | 1)[] {
    const [a, b] = matricesOf(instruction, layoutOf)
    if (a?.isTransposed && b?.isTransposed) {
      const [x, y] = instruction.operands as readonly [Value, Value]
      return sizeOf(x.shape) < sizeOf(y.shape) ? [0] : [1]
    }
    return ([0, 1] as const).filter(of => [a, b][of] === undefined)
  }

  /** @param instruction one whose operands are all fit */
  constructor(instruction: InstructionOf<'contract'>, layoutOf: (value: Value) => Layout) {
    const { result } = instruction
    const [a, b] = matricesOf(instruction, layoutOf) as [Matrix, Matrix]
    this.members = new Map([[result.id, { value: result }]])
    this.instruction = instruction
    this.a = a
    this.b = b
  }

  get reads(): readonly Value[] {
    return [this.a.layout.base, this.b.layout.base]
  }

  compiled(): readonly CompiledProduct[] {
    const { a, b, instruction } = this
    const { operands, options, result } = instruction
    const sizes = (shape: Shape, axes: readonly number[]) => sizeOf(axes.map(axis => shape[axis] as number))
    const pairs = [...options.batch, ...options.sum]
    const [x, y] = operands as readonly [Value, Value]
    return [
      {
        product: {
          m: sizes(
            x.shape,
            freeAxes(
              x.shape,
              pairs.map(([axis]) => axis),
            ),
          ),
          n: sizes(
            y.shape,
            freeAxes(
              y.shape,
              pairs.map(([, axis]) => axis),
            ),
          ),
          k: sizes(
            x.shape,
            options.sum.map(([axis]) => axis),
          ),
          transposition: a.isTransposed ? 2 : b.isTransposed ? 1 : 0,
          widths: [a.width, b.width],
          batch: options.batch.map(([axis]) => x.shape[axis] as number),
          strides: [packed(result.shape).slice(0, options.batch.length), a.batch, b.batch],
        },
        tensors: [
          { base: result, offset: 0 },
          ...[a, b].map(({ layout: { base, offset } }) => ({ base, offset })),
        ],
      },
    ]
  }
}

function matricesOf(
  { operands, options }: InstructionOf<'contract'>,
  layoutOf: (value: Value) => Layout,
): readonly (Matrix | undefined)[] {
  return operands.map((value, of) => {
    const named = (pairs: readonly (readonly [number, number])[]) => pairs.map(pair => pair[of] as number)
    const [batch, sum] = [named(options.batch), named(options.sum)]
    const free = freeAxes(value.shape, [...batch, ...sum])
    return matrixOf(value.shape, layoutOf(value), batch, of === 0 ? [free, sum] : [sum, free])
  })
}

/** The matrix with these axes as rows and columns; undefined where neither its rows nor its columns lie side by side. */
function matrixOf(
  shape: Shape,
  layout: Layout,
  batch: readonly number[],
  [rowAxes, columnAxes]: readonly [readonly number[], readonly number[]],
): Matrix | undefined {
  const rows = asOne(shape, layout.strides, rowAxes)
  const columns = asOne(shape, layout.strides, columnAxes)
  if (!rows || !columns) return undefined
  /** How far apart runs lie of which each lies side by side. */
  const widthOf = (outer: Run, inner: Run): number | undefined => {
    if (inner.length > 1 && inner.stride !== 1) return undefined
    if (outer.length === 1 || outer.stride === inner.length) return inner.length
    return inner.length > 1 && outer.stride > inner.length ? outer.stride : undefined
  }
  const strides = batch.map(axis => (shape[axis] === 1 ? 0 : (layout.strides[axis] as number)))
  const width = widthOf(rows, columns)
  if (width !== undefined) return { layout, isTransposed: false, width, batch: strides }
  const height = widthOf(columns, rows)
  return height === undefined ? undefined : { layout, isTransposed: true, width: height, batch: strides }
}

interface Run {
  readonly length: number
  readonly stride: number
}

/** Some axes as one. */
function asOne(shape: Shape, strides: readonly number[], axes: readonly number[]): Run | undefined {
  let run: Run = { length: 1, stride: 1 }
  for (const axis of axes.toReversed()) {
    const length = shape[axis] as number
    const stride = strides[axis] as number
    if (length === 1) continue
    if (run.length === 1) run = { length, stride }
    else if (stride === run.stride * run.length) run = { length: run.length * length, stride: run.stride }
    else return undefined
  }
  return run
}
