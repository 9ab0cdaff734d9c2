/** A program with its operands: what is done, and done again. */
import type { BoundProgram } from './bound-program.ts'
import type { Call } from './codegen/calls-code.ts'

/** Where programs have the memory that they need while they run. */
export interface Room {
  /** Its beginning, which changes when it grows. */
  readonly start: number
  reserve(program: BoundProgram): void
  /** Puts numbers where a program reads them. */
  put(program: BoundProgram, numbers: readonly number[]): void
  calls(program: BoundProgram, addresses: readonly number[]): readonly Call[]
  /** All of these calls as one; undefined where it is soon after others were joined. */
  joined(calls: readonly Call[]): (() => void) | undefined
}

/** How often a run is done call by call at least, before all of them are made one call. */
const SELDOM = 12

/** Of so many runs, one is done call by call to take its time. */
const TIMED = 512

export class Run {
  private readonly room: Room
  readonly program: BoundProgram
  /** Where inputs and outputs begin. */
  private readonly addresses: readonly number[]
  private readonly numbers: readonly number[]
  private calls: readonly Call[] = []
  private joined: (() => void) | undefined
  /** Where the memory of the programs began when the calls were made, and how often they were. */
  private start = -1
  private count = 0
  /** The milliseconds of each call, as often as they were taken. */
  times: number[] = []

  constructor(room: Room, program: BoundProgram, addresses: readonly number[], numbers: readonly number[]) {
    this.room = room
    this.program = program
    this.addresses = addresses
    this.numbers = numbers
  }

  isOf(addresses: readonly number[], numbers: readonly number[]): boolean {
    return isSame(this.addresses, addresses) && isSame(this.numbers, numbers)
  }

  go(): void {
    const { room, program } = this
    room.reserve(program)
    if (room.start !== this.start) this.locate()
    room.put(program, this.numbers)
    if (this.joined && ++this.count % TIMED !== 0) this.joined()
    else this.each()
  }

  private locate(): void {
    const { room, program, addresses } = this
    this.start = room.start
    this.calls = room.calls(program, addresses)
    this.joined = undefined
    this.count = 0
  }

  private each(): void {
    const { calls, times } = this
    let before = performance.now()
    for (let i = 0; i < calls.length; i++) {
      const { call, values } = calls[i] as Call
      call(...values)
      const now = performance.now()
      times[i] = (times[i] ?? 0) + now - before
      before = now
    }
    if (this.joined || ++this.count < SELDOM) return
    this.joined = this.room.joined(calls)
    if (this.joined) {
      // The first times are those of code that is not optimized yet.
      this.times = []
    }
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}
