/** Values that are put into places of a larger one: beside one another, among zeros, or on top of each other. */
import { type InstructionOf, type Shape, sameShape, sizeOf, type Value } from '../../core/index.ts'
import { lengthsOf, runsOf, stridesOf } from './axes.ts'
import { isPacked, type Layout, packed } from './layout.ts'
import type { Term } from './loop.ts'
import type { CompiledLoop, Part, Placement } from './part.ts'

export type PlaceInstruction = InstructionOf<'pad' | 'concatenate' | 'overlapAdd'>

export const isPlacing = (instruction: { readonly operation: string }): instruction is PlaceInstruction =>
  ['pad', 'concatenate', 'overlapAdd'].includes(instruction.operation)

interface Piece {
  readonly shape: Shape
  readonly from: Layout
  /** Where in the result its first entry goes, and how far apart its entries lie there. */
  readonly start: number
  readonly strides: readonly number[]
}

export class Placing implements Part {
  readonly members: ReadonlyMap<number, { readonly value: Value }>
  private readonly result: Value
  private readonly pieces: readonly Piece[]
  private readonly isConcatenation: boolean
  /** Whether pieces are added to what is there. */
  private readonly adds: boolean

  constructor(instruction: PlaceInstruction, layoutOf: (value: Value) => Layout) {
    const { result, operation } = instruction
    this.result = result
    this.members = new Map([[result.id, { value: result }]])
    this.isConcatenation = operation === 'concatenate'
    this.adds = operation === 'overlapAdd'
    this.pieces = piecesOf(instruction, layoutOf).filter(({ shape }) => sizeOf(shape) > 0)
  }

  get reads(): readonly Value[] {
    return this.pieces.map(({ from }) => from.base)
  }

  /** Where whole values lie in the result that may be written there at once. */
  get placements(): readonly (readonly [value: Value, place: Placement])[] {
    if (!this.isConcatenation) return []
    const { result } = this
    return this.pieces.flatMap(({ shape, from, start, strides }) =>
      sameShape(shape, from.base.shape) && isPacked(shape, from)
        ? [[from.base, { base: result, start, strides }] as const]
        : [],
    )
  }

  compiled(
    _: readonly Value[],
    __: ReadonlySet<number>,
    placed: ReadonlyMap<number, Placement>,
  ): readonly CompiledLoop[] {
    const left = this.pieces.filter(({ from }) => placed.get(from.base.id)?.base !== this.result)
    const loops = left.map(piece => this.placed(piece))
    return this.isConcatenation ? loops : [this.zeros(), ...loops]
  }

  private zeros(): CompiledLoop {
    const { result } = this
    return {
      loop: {
        space: [1, sizeOf(result.shape)],
        terms: [{ kind: 'constant', value: 0 }],
        stores: [{ term: 0, access: { tensor: 0, strides: [0, 1] } }],
      },
      tensors: [{ base: result, offset: 0 }],
      numbers: [],
    }
  }

  private placed({ shape, from, start, strides }: Piece): CompiledLoop {
    const runs = [...(runsOf(shape, [from.strides, strides], []) as readonly (readonly number[])[])]
    // Only numbers side by side are written as vectors.
    if ((strides[runs.at(-1)?.at(-1) ?? -1] ?? 1) !== 1) runs.push([])
    const target = { tensor: 1, strides: stridesOf(runs, strides) }
    const terms: Term[] = [{ kind: 'read', access: { tensor: 0, strides: stridesOf(runs, from.strides) } }]
    if (this.adds) {
      terms.push({ kind: 'read', access: target })
      terms.push({ kind: 'apply', operation: 'add', operands: [1, 0] })
    }
    return {
      loop: { space: lengthsOf(runs, shape), terms, stores: [{ term: terms.length - 1, access: target }] },
      tensors: [
        { base: from.base, offset: from.offset },
        { base: this.result, offset: start },
      ],
      numbers: [],
    }
  }
}

function piecesOf(instruction: PlaceInstruction, layoutOf: (value: Value) => Layout): readonly Piece[] {
  const { operation, operands, result, options } = instruction
  const rows = packed(result.shape)
  const [x] = operands as readonly [Value]
  if (operation === 'concatenate') {
    const row = rows[options.axis] as number
    let before = 0
    return operands.map(value => {
      const start = before
      before += (value.shape[options.axis] as number) * row
      return { shape: value.shape, from: layoutOf(value), start, strides: rows }
    })
  }
  const from = layoutOf(x)
  if (operation === 'pad')
    return [{ shape: x.shape, from, start: offsetOf(rows, options.before), strides: rows }]
  const { axes, sizes, strides, dilations } = options
  const rank = result.shape.length
  const own = axes.map(axis => rows[axis] as number)
  const steps = rows.map((row, axis) => row * (strides[axes.indexOf(axis)] ?? 1))
  // One piece for each place in the windows.
  return indicesOf(sizes).map(place => ({
    shape: x.shape.slice(0, rank),
    from: {
      base: from.base,
      offset: from.offset + offsetOf(from.strides.slice(rank), place),
      strides: from.strides.slice(0, rank),
    },
    start: offsetOf(
      own,
      place.map((at, i) => at * (dilations[i] as number)),
    ),
    strides: steps,
  }))
}

const offsetOf = (strides: readonly number[], place: readonly number[]): number =>
  place.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0)

/** All places in a box with these sides, row by row. */
export const indicesOf = (lengths: Shape): readonly number[][] =>
  lengths.reduce<number[][]>(
    (places, length) => places.flatMap(place => Array.from({ length }, (_, i) => [...place, i])),
    [[]],
  )
