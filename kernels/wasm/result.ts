/** Results of operations that may not be done yet. */
import type { SlotLease } from '../lease.ts'
import { type WasmMemory, WasmTensor } from './memory.ts'
import type { Path } from './path.ts'
import type { Block } from './spare-blocks.ts'

export type ArenaLease = SlotLease<Block, WasmTensor>

/** Who looks at a result: nobody, somebody before the pass is over, or somebody after it. */
export const NOBODY = 0
export const PASSING = 1
export const SOMEBODY = 2
/** It has not been said yet. */
export const OPEN = 3

/** Does what was put off. */
interface Doer {
  flush(): void
  /** Where the numbers are of a result that nobody was going to look at: it is computed now. */
  late(result: Result): number
}

/** What an operation gives. Its numbers are known when they are needed. */
export class Result extends WasmTensor {
  override readonly lease: ArenaLease
  /** How often its lease had been opened. */
  readonly opening: number
  use = OPEN
  /** Whether somebody is to be told if an entry is not finite. */
  isChecked = false
  private readonly deferred: Doer
  /** Whether it was asked for and is not done. */
  isPending = true
  /**
   * The program that it belongs to, where that is done and this was left out. Others forget theirs: the values of parameters
   * would hold all steps that ever were.
   */
  work: Work | undefined = undefined

  constructor(
    deferred: Doer,
    memory: WasmMemory,
    lease: ArenaLease,
    { shape, size, id }: Path,
    turn: number,
  ) {
    super(shape, memory, undefined, size)
    this.deferred = deferred
    this.lease = lease
    this.opening = lease.openings
    this.id = id
    this.turn = turn
  }

  override get pointer(): number {
    if (this.isPending) this.deferred.flush()
    return this.address ?? this.deferred.late(this)
  }

  /** Whether its numbers lie in memory. */
  get isKnown(): boolean {
    return this.address !== undefined
  }

  /** Its numbers will lie there. */
  place(pointer: number): void {
    this.address = pointer
    this.work = undefined
  }
}

/** What was written down from one flush to the next. */
export interface Work {
  readonly path: Path
  readonly inputs: readonly WasmTensor[]
  readonly numbers: readonly number[]
  readonly results: readonly Result[]
  /** The pass in which it was done. */
  readonly pass: number
  /** Whether that was written down, to be done again. */
  readonly isNoted: boolean
}
