/** Runs a program instruction by instruction, in float64: what every faster way is held against. */
import {
  type ContractInstruction,
  ENTRY_OPERATIONS,
  type EntryOperation,
  freeAxes,
  type Instruction,
  isEntry,
  isNumberArgument,
  type Program,
  type Shape,
  sizeOf,
  type Value,
} from '../../core/index.ts'
import { erf } from './erf.ts'

/** The entry operations on numbers. */
export const SCALAR: Readonly<Record<EntryOperation, (a: number, b: number, c: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
  less: (a, b) => Number(a < b),
  equal: (a, b) => Number(a === b),
  where: (condition, a, b) => (condition !== 0 ? a : b),
  neg: x => -x,
  abs: Math.abs,
  floor: Math.floor,
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  erf,
}

export const FOLDED = {
  sum: { start: 0, take: (a: number, b: number) => a + b },
  max: { start: Number.NEGATIVE_INFINITY, take: Math.max },
  min: { start: Number.POSITIVE_INFINITY, take: Math.min },
}

/** The numbers of the outputs of a program. */
export function interpret(
  program: Program,
  inputs: readonly ArrayLike<number>[],
  numbers = program.numbers,
): Float64Array[] {
  const known = new Map<number, Float64Array>()
  for (const [i, { id }] of program.inputs.entries())
    known.set(id, Float64Array.from(inputs[i] as ArrayLike<number>))
  const of = ({ id }: Value) => known.get(id) as Float64Array
  for (const instruction of program.instructions)
    known.set(instruction.result.id, computed(instruction, of, numbers))
  return program.outputs.map(of)
}

function computed(
  instruction: Instruction,
  of: (value: Value) => Float64Array,
  numbers: readonly number[],
): Float64Array {
  const { shape } = instruction.result
  if (isEntry(instruction)) {
    const { operation, operands } = instruction
    const readers = operands.map(operand =>
      isNumberArgument(operand)
        ? () => numbers[operand.number] as number
        : reader(of(operand), operand.shape, shape),
    )
    if (readers.length !== ENTRY_OPERATIONS[operation]) throw new Error(`${operation} has other operands`)
    const formula = SCALAR[operation]
    return entries(shape, place => {
      const [a, b, c] = readers.map(read => read(place)) as [number, number, number]
      return formula(a, b, c)
    })
  }
  if (instruction.operation === 'contract') return contracted(instruction, of)
  const [x] = instruction.operands
  const numbersOf = of(x)
  const read = (place: readonly number[]) => numbersOf[flat(place, x.shape)] as number
  switch (instruction.operation) {
    case 'reshape':
      return numbersOf.slice()
    case 'expand':
      return entries(shape, reader(numbersOf, x.shape, shape))
    case 'permute': {
      const { axes } = instruction.options
      return entries(shape, place => read(x.shape.map((_, axis) => place[axes.indexOf(axis)] as number)))
    }
    case 'slice': {
      const { starts } = instruction.options
      return entries(shape, place => read(place.map((at, axis) => at + (starts[axis] as number))))
    }
    case 'flip': {
      const { axes } = instruction.options
      return entries(shape, place =>
        read(place.map((at, axis) => (axes.includes(axis) ? (shape[axis] as number) - 1 - at : at))),
      )
    }
    case 'pad': {
      const { before } = instruction.options
      return entries(shape, place => {
        const inside = place.map((at, axis) => at - (before[axis] as number))
        return inside.every((at, axis) => at >= 0 && at < (x.shape[axis] as number)) ? read(inside) : 0
      })
    }
    case 'reduce': {
      const { fold, axes } = instruction.options
      const { start, take } = FOLDED[fold]
      const result = new Float64Array(sizeOf(shape)).fill(start)
      each(x.shape, place => {
        const at = flat(
          place.filter((_, axis) => !axes.includes(axis)),
          shape,
        )
        result[at] = take(result[at] as number, read(place))
      })
      return result
    }
    default:
      return instruction satisfies never
  }
}

function contracted(
  { operands: [a, b], options, result }: ContractInstruction,
  of: (value: Value) => Float64Array,
) {
  const { batch, sum } = options
  const pairs = [...batch, ...sum]
  const [numbersA, numbersB] = [of(a), of(b)]
  const freeA = freeAxes(
    a.shape,
    pairs.map(([axis]) => axis),
  )
  const freeB = freeAxes(
    b.shape,
    pairs.map(([, axis]) => axis),
  )
  const lengths = sum.map(([axis]) => a.shape[axis] as number)
  return entries(result.shape, place => {
    const [atA, atB] = [new Array<number>(a.shape.length), new Array<number>(b.shape.length)]
    for (const [i, [left, right]] of batch.entries()) atA[left] = atB[right] = place[i] as number
    for (const [i, axis] of freeA.entries()) atA[axis] = place[batch.length + i] as number
    for (const [i, axis] of freeB.entries()) atB[axis] = place[batch.length + freeA.length + i] as number
    let total = 0
    each(lengths, along => {
      for (const [i, [left, right]] of sum.entries()) atA[left] = atB[right] = along[i] as number
      total += (numbersA[flat(atA, a.shape)] as number) * (numbersB[flat(atB, b.shape)] as number)
    })
    return total
  })
}

type Reader = (place: readonly number[]) => number

/** Reads numbers of one shape at places of another one, that it was repeated to. */
function reader(numbers: Float64Array, shape: Shape, whole: Shape): Reader {
  const missing = whole.length - shape.length
  return place =>
    numbers[
      flat(
        shape.map((length, axis) => (length === 1 ? 0 : (place[axis + missing] as number))),
        shape,
      )
    ] as number
}

const flat = (place: readonly number[], shape: Shape) =>
  place.reduce((sum, at, axis) => sum * (shape[axis] as number) + at, 0)

function entries(shape: Shape, value: Reader): Float64Array {
  const result = new Float64Array(sizeOf(shape))
  let i = 0
  each(shape, place => {
    result[i++] = value(place)
  })
  return result
}

/** All places of a shape, row by row. */
function each(shape: Shape, visit: (place: readonly number[]) => void): void {
  const place = shape.map(() => 0)
  for (let left = sizeOf(shape); left > 0; left--) {
    visit(place)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = (place[axis] as number) + 1
      if ((place[axis] as number) < (shape[axis] as number)) break
      place[axis] = 0
    }
  }
}
