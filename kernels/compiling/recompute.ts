/** Values that are computed again where they are read, since that takes less than to write and to read them. */
import { type Instruction, isEntry, isNumberArgument, sizeOf, type Value } from '../../core/index.ts'
import { DEAR } from './dear.ts'
import { Group } from './group.ts'
import type { Layout } from './layout.ts'
import type { Part } from './part.ts'

/** How many operations are done again at most for a value. */
const MOST = 8

export interface Written {
  readonly parts: readonly Part[]
  /** The place among the parts of the one that computes a value; an input has none. */
  readonly producers: ReadonlyMap<number, number>
  readonly instructions: ReadonlyMap<number, Instruction>
  /** Values that are stored in any case. */
  readonly outputs: ReadonlySet<number>
  readonly layoutOf: (value: Value) => Layout
}

/**
 * The parts, with more in them: a value that only loops read, and that is made by a few cheap operations of others that lie in
 * memory, is computed in each of these loops if it then reads no more than before.
 */
export function recomputed(written: Written): readonly Part[] {
  const { producers, outputs } = written
  const parts = [...written.parts]
  const readers = new Map<number, Set<number>>()
  const reads = (index: number) => {
    for (const { id } of (parts[index] as Part).reads) {
      const known = readers.get(id)
      if (known) known.add(index)
      else readers.set(id, new Set([index]))
    }
  }
  for (const index of parts.keys()) reads(index)
  for (const [id, indices] of [...readers]) {
    if (outputs.has(id) || !(parts[producers.get(id) ?? -1] instanceof Group)) continue
    const chain = chainOf(id, written, other => other !== id && readers.has(other))
    if (!chain) continue
    const made = [...indices].map(index => withChain(parts[index] as Part, id, chain, written))
    if (made.some(part => part === undefined)) continue
    readers.delete(id)
    for (const [i, index] of [...indices].entries()) {
      parts[index] = made[i] as Part
      reads(index)
    }
  }
  return parts
}

/** The operations that make a value of others in memory, in their order; undefined where they are many, or dear. */
function chainOf(
  id: number,
  { instructions, producers, layoutOf }: Written,
  isStored: (id: number) => boolean,
): readonly Instruction[] | undefined {
  const chain = new Map<number, Instruction>()
  const visit = (id: number): boolean => {
    if (chain.has(id)) return true
    const instruction = instructions.get(id)
    if (!instruction || !isCheap(instruction) || chain.size === MOST) return false
    chain.set(id, instruction)
    return instruction.operands.every(operand => {
      if (isNumberArgument(operand)) return true
      const { base } = layoutOf(operand)
      return producers.get(base.id) === undefined || isStored(base.id) || (base === operand && visit(base.id))
    })
  }
  return visit(id) ? [...chain.values()].sort((a, b) => a.result.id - b.result.id) : undefined
}

const isCheap = (instruction: Instruction): boolean =>
  isEntry(instruction) && !DEAR.has(instruction.operation)

/** A group that computes a value itself which it has read; undefined where it cannot, or would read more than before. */
function withChain(
  part: Part,
  id: number,
  chain: readonly Instruction[],
  { layoutOf }: Written,
): Group | undefined {
  if (!(part instanceof Group)) return undefined
  const whole = part.after(chain)
  if (!whole) return undefined
  const large = (group: Group) => {
    const bases = new Map(group.reads.map(base => [base.id, base] as const))
    return [...bases.values()].reduce((sum, base) => sum + sizeOf(base.shape), 0)
  }
  const value = chain.find(({ result }) => result.id === id) as Instruction
  // What is small beside it does not count.
  const most = large(part) + sizeOf(layoutOf(value.result).base.shape) / 4
  return large(whole) <= most ? whole : undefined
}
