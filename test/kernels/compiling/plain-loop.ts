/** A loop computed entry by entry, rounded where the loop rounds; sums are exact. */
import type { Access, Loop } from '../../../kernels/compiling/loop.ts'
import { folded, START, scalar } from '../../../kernels/reference/reference-arithmetic.ts'

/** What a loop writes, tensor by tensor; `starts` says where in each its first entry lies. */
export function runPlainly(
  { space, terms, stores }: Loop,
  tensors: readonly Float32Array[],
  starts: readonly number[],
  numbers: readonly number[],
): void {
  const [rows, columns] = space.slice(-2) as [number, number]
  const at = ({ tensor, strides }: Access, place: readonly number[]) =>
    place.reduce((sum, index, axis) => sum + index * (strides[axis] as number), starts[tensor] as number)
  const known = terms.map(() => new Map<number, number>())
  const value = (index: number, place: readonly number[]): number => {
    const term = terms[index] as Loop['terms'][number]
    const over = term.kind === 'fold' ? term.over : undefined
    const key = place.reduce((sum, at, axis) => {
      const isRow = axis === space.length - 2
      const isColumn = axis === space.length - 1
      const isFolded = (isRow && over === 'rows') || (isColumn && over === 'columns')
      return sum * (space[axis] as number) + (isFolded ? 0 : at)
    }, 0)
    const before = known[index]?.get(key)
    if (before !== undefined) return before
    const now = Math.fround(computed(index, place))
    known[index]?.set(key, now)
    return now
  }
  const computed = (index: number, place: readonly number[]): number => {
    const term = terms[index] as Loop['terms'][number]
    if (term.kind === 'read')
      return (tensors[term.access.tensor] as Float32Array)[at(term.access, place)] as number
    if (term.kind === 'number') return numbers[term.index] as number
    if (term.kind === 'constant') return term.value
    if (term.kind === 'apply') {
      const [a = 0, b = 0, c = 0] = term.operands.map(operand => value(operand, place))
      return scalar(term.operation, a, b, c)
    }
    let result: number = START[term.fold]
    const lead = place.slice(0, -2)
    const [row, column] = place.slice(-2) as [number, number]
    for (const r of term.over === 'columns' ? [row] : range(rows))
      for (const c of term.over === 'rows' ? [column] : range(columns))
        result = folded(term.fold, result, value(term.operand, [...lead, r, c]))
    return result
  }
  for (const { term, access } of stores) {
    const result = tensors[access.tensor] as Float32Array
    const isOf = (axis: number) => (access.strides[axis] === 0 ? [0] : range(space[axis] as number))
    for (const place of product(space.map((_, axis) => isOf(axis))))
      result[at(access, place)] = value(term, place)
  }
}

const range = (length: number) => Array.from({ length }, (_, i) => i)

function product(lists: readonly (readonly number[])[]): number[][] {
  return lists.reduce<number[][]>((all, list) => all.flatMap(place => list.map(i => [...place, i])), [[]])
}
