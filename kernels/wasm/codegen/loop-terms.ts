/** The terms of a loop as lanes: in which pass over a row each is known, and what a later pass reads or computes again. */
import { ENTRY_OPERATIONS } from '../../../core/index.ts'
import { DEAR } from '../../compiling/dear.ts'
import type { Access, Loop, Term } from '../../compiling/loop.ts'
import { ENTRIES } from './entries.ts'
import { type Lane, Lanes } from './lanes.ts'

/** How often something is another: never, in each row, or in each entry. */
export type Level = 0 | 1 | 2

/** What lanes are made of that are not computed: numbers from memory, and results of folds. */
export type Leaf = { readonly level: Level } & (
  | { readonly kind: 'read'; readonly access: Access }
  | { readonly kind: 'number'; readonly index: number }
  /** A fold along the columns, once its pass is over. */
  | { readonly kind: 'folded'; readonly term: number }
  /** A row that an earlier pass has left. */
  | { readonly kind: 'scratch'; readonly row: number }
)

export class LoopTerms {
  readonly lanes: Lanes
  readonly leaves: Leaf[] = []
  /** By term. */
  readonly phases: readonly number[]
  readonly levels: readonly Level[]
  /** Terms that a pass leaves in a row of their own, for the passes behind it. */
  readonly scratch = new Map<number, number>()
  private readonly terms: readonly Term[]
  private readonly stored: ReadonlyMap<number, Access>
  private readonly leafOf = new Map<string, Lane>()
  private readonly levelOf = new Map<Lane, Level>()
  /** Lanes by their terms and passes: what is made of the same twice is met once. */
  private readonly known = new Map<string, Lane>()

  constructor({ terms, stores, space }: Loop, relaxed: boolean) {
    this.lanes = new Lanes(relaxed)
    this.terms = terms
    const phases: number[] = []
    const levels: Level[] = []
    const among = <N extends number>(list: readonly N[], operands: readonly number[]) =>
      operands.reduce<N>((most, i) => (most < (list[i] as N) ? (list[i] as N) : most), 0 as N)
    for (const term of terms) {
      if (term.kind === 'fold') {
        phases.push((phases[term.operand] as number) + (term.over === 'columns' ? 1 : 0))
        levels.push(term.over === 'columns' ? 1 : 0)
      } else if (term.kind === 'apply') {
        phases.push(among(phases, term.operands))
        levels.push(among(levels, term.operands))
      } else {
        phases.push(0)
        levels.push(term.kind === 'read' ? levelOfRead(term.access) : 0)
      }
    }
    this.phases = phases
    this.levels = levels
    this.stored = new Map(
      stores.filter(({ access }) => access.strides[space.length - 1] !== 0).map(s => [s.term, s.access]),
    )
  }

  /** A term as it is known in a pass. */
  value(index: number, phase: number): Lane {
    const key = `${index} ${phase}`
    const known = this.known.get(key)
    if (known) return known
    const lane = this.made(index, phase)
    this.known.set(key, lane)
    return lane
  }

  private made(index: number, phase: number): Lane {
    const term = this.terms[index] as Term
    switch (term.kind) {
      case 'read':
        return this.leaf({ kind: 'read', access: term.access, level: this.levels[index] as Level })
      case 'number':
        return this.leaf({ kind: 'number', index: term.index, level: 0 })
      case 'constant':
        return this.lanes.all(term.value)
      case 'fold':
        return this.leaf({ kind: 'folded', term: index, level: 1 })
      case 'apply': {
        if (this.levels[index] === 2 && (this.phases[index] as number) < phase) {
          const access = this.stored.get(index)
          if (access) return this.leaf({ kind: 'read', access, level: 2 })
          if (DEAR.has(term.operation)) return this.left(index)
        }
        const operands = term.operands.map(operand => this.value(operand, phase))
        if (operands.length !== ENTRY_OPERATIONS[term.operation])
          throw new Error(`${term.operation} has other operands`)
        return ENTRIES[term.operation](this.lanes, ...(operands as [Lane, Lane, Lane]))
      }
    }
  }

  level(lane: Lane): Level {
    const known = this.levelOf.get(lane)
    if (known !== undefined) return known
    let level: Level = lane.op === 'given' ? (this.leaves[lane.data] as Leaf).level : 0
    for (const operand of lane.operands) {
      const other = this.level(operand)
      if (other > level) level = other
    }
    this.levelOf.set(lane, level)
    return level
  }

  private left(index: number): Lane {
    const row = this.scratch.get(index) ?? this.scratch.size
    this.scratch.set(index, row)
    return this.leaf({ kind: 'scratch', row, level: 2 })
  }

  private leaf(leaf: Leaf): Lane {
    const key = JSON.stringify(leaf)
    const known = this.leafOf.get(key)
    if (known) return known
    const lane = this.lanes.given(this.leaves.push(leaf) - 1)
    this.leafOf.set(key, lane)
    return lane
  }
}

function levelOfRead({ strides }: Access): Level {
  if (strides.at(-1) !== 0) return 2
  return strides.some(stride => stride !== 0) ? 1 : 0
}
