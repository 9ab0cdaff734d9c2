/** Operations that were asked for and are not done yet: written down as a program, and done when somebody looks. */
import {
  type Arithmetic,
  type EntryOperation,
  entryShape,
  GradstreamError,
  NumberList,
  type Options,
  type Shape,
  shapeOf,
  sizeOf,
  type Tensor,
  whole,
} from '../../core/index.ts'
import type { BoundProgram } from './bound-program.ts'
import { type WasmMemory, WasmTensor } from './memory.ts'
import { NONE, type Operation, type OperationOptions, Path, type Rest } from './path.ts'
import type { Programs } from './programs.ts'
import { type ArenaLease, NOBODY, OPEN, PASSING, Result, SOMEBODY, type Work } from './result.ts'
import type { Run } from './run.ts'
import { programOf } from './written-program.ts'

/** Bytes of a result that may be too much, so that it is refused where it is asked for. */
const LARGE = 2 ** 28

/**
 * When so many have asked, or so many results are open, what was asked for is done before somebody else asks: a deep network becomes
 * several programs, of which most are alike, so that compiling takes no longer the deeper it is. One node may ask for thousands of
 * results, as a recurrent layer does, whose backward pass computes nothing again that stands in the same program.
 */
const MOST = { askers: 96, results: 8192 }

/** How many steps of programs are remembered: those of a network some ten thousand layers deep. */
const REMEMBERED = 2 ** 19

/** Writes calls down, so that they can be made again. */
interface Notes {
  /** Whether they are written down at present. */
  readonly isOn: boolean
  note(call: () => void): void
  /** Writes a call down that belongs to what was written down before, also where nothing is at present. */
  noteLate(call: () => void): void
}

export class Deferred implements Arithmetic<Tensor> {
  private readonly memory: WasmMemory
  private readonly programs: Programs
  /** Brings a tensor from elsewhere into the memory. */
  private readonly brought: (x: Tensor) => WasmTensor
  private readonly notes: Notes
  /** Where results will live. */
  lease: ArenaLease

  private root = start()
  /** How many steps there are from it on. */
  private remembered = 0
  /** Where all that was asked for has led to. */
  private path = this.root
  private inputs: WasmTensor[] = []
  private numbers = new NumberList()
  private results: Result[] = []
  /** Counts flushes: tensors and leases of a program have its number. */
  private turn = 1
  /** The first result since `lend`. */
  private first = 0
  /** How many have asked since the last flush. */
  private askers = 0
  /** Counts passes, of which memory is used again in the next. */
  private pass = 0
  private isOver = false
  /** What was done since the present pass began. */
  runs: { readonly run: Run; readonly work: Work; readonly outputs: readonly Result[] }[] = []

  constructor(
    memory: WasmMemory,
    programs: Programs,
    notes: Notes,
    lease: ArenaLease,
    brought: (x: Tensor) => WasmTensor,
  ) {
    this.memory = memory
    this.programs = programs
    this.notes = notes
    this.lease = lease
    this.brought = brought
    memory.flush = () => this.flush()
  }

  // --- asking -------------------------------------------------------------------------------------------------

  entry(operation: EntryOperation, ...given: readonly (Tensor | number)[]): Tensor {
    let [x, y, z] = given
    // To bring one in does what was asked for before, so all come before any is written down.
    if (typeof x === 'object') x = this.own(x)
    if (typeof y === 'object') y = this.own(y)
    if (typeof z === 'object') z = this.own(z)
    const [a, b, c] = [this.operand(x), this.operand(y), this.operand(z)]
    return this.result(operation, a, b, c, undefined, () =>
      entryShape(
        operation,
        given.map(x => (typeof x === 'number' ? [] : x.shape)),
      ),
    )
  }

  apply<Name extends keyof Options>(
    operation: Name,
    operands: readonly Tensor[],
    options: Options[Name],
  ): Tensor {
    const shape = () =>
      shapeOf(
        operation,
        operands.map(x => x.shape),
        options,
      )
    const [x, y] = operands
    if (operation === 'reshape' && x && !(x instanceof Result && !x.isKnown)) return this.seen(x, shape())
    if (operands.length > 2) {
      const [a = NONE, b = NONE, ...more] = operands.map(each => this.own(each)).map(each => this.idOf(each))
      return this.result(operation, a, b, more, options, shape)
    }
    const first = x && this.own(x)
    const second = y && this.own(y)
    const a = first ? this.idOf(first) : NONE
    const b = second ? this.idOf(second) : NONE
    return this.result(operation, a, b, NONE, options, shape)
  }

  /** The same numbers under another shape. */
  private seen(x: Tensor, shape: Shape): Tensor {
    const own = this.own(x)
    const view = new WasmTensor(shape, this.memory, own.pointer, own.size)
    view.lease = own.lease
    return view
  }

  private result(
    operation: Operation,
    a: number,
    b: number,
    c: Rest,
    options: OperationOptions,
    shape: () => Shape,
  ): Result {
    const { lease, path } = this
    const next = path.find(operation, a, b, c, options) ?? this.step(operation, a, b, c, options, shape())
    this.path = next
    const result = new Result(this, this.memory, lease, next, this.turn)
    this.results.push(result)
    lease.turn = this.turn
    return result
  }

  private step(
    operation: Operation,
    a: number,
    b: number,
    c: Rest,
    options: OperationOptions,
    shape: Shape,
  ): Path {
    const { path } = this
    const size = sizeOf(shape)
    const bytes = size * Float32Array.BYTES_PER_ELEMENT
    if (bytes > LARGE) this.memory.demandRoom(bytes)
    this.remembered++
    return path.add(new Path(path, operation, a, b, c, options, shape, size))
  }

  private own(x: Tensor): WasmTensor {
    return x instanceof WasmTensor && x.memory === this.memory ? x : this.brought(x)
  }

  private operand(x: Tensor | number | undefined): number {
    if (x === undefined) return NONE
    return typeof x === 'number' ? -1 - this.numbers.placeOf(x) : this.idOf(x as WasmTensor)
  }

  private idOf(x: WasmTensor): number {
    if (x.turn === this.turn) return x.id
    if (x instanceof Result && !x.isKnown) this.late(x)
    const next = this.path.findInput(x.shape) ?? this.step('input', NONE, NONE, NONE, undefined, x.shape)
    this.path = next
    x.turn = this.turn
    x.id = next.id
    this.inputs.push(x)
    if (x.lease) x.lease.turn = this.turn
    return next.id
  }

  // --- who looks ------------------------------------------------------------------------------------------------

  /** From now on results belong to another lease. */
  lend(lease: ArenaLease): void {
    if (lease.turn === this.turn || this.isMuch) this.flush()
    if (this.isOver) {
      this.isOver = false
      this.pass++
      this.runs = []
    }
    this.lease = lease
    this.first = this.results.length
  }

  private get isMuch(): boolean {
    return this.askers >= MOST.askers || this.results.length >= MOST.results
  }

  close(): void {
    const { results } = this
    // In a first step, values are brought in between, which asks for nothing.
    if (results.length > this.first) this.askers++
    for (let i = this.first; i < results.length; i++) {
      const result = results[i] as Result
      if (result.use === OPEN) result.use = NOBODY
    }
    this.first = results.length
  }

  keep(x: Tensor, isPassing: boolean): void {
    if (!(x instanceof Result)) return
    const use = isPassing ? PASSING : SOMEBODY
    if (x.use === OPEN || x.use < use) x.use = use
  }

  /** Says that a result is to be checked when it is done; false where it is done already. */
  check(x: Tensor): boolean {
    if (!(x instanceof Result) || !x.isPending) return false
    x.use = SOMEBODY
    x.isChecked = true
    return true
  }

  // --- doing ----------------------------------------------------------------------------------------------------

  /** Makes the code of what was asked for, where it is about to be done. */
  *prepare(isOver: boolean): Generator<void> {
    if (this.results.length === 0 || !(isOver || this.isMuch)) return
    const outputs = this.results.filter(({ use }) => use > leastOf(isOver))
    if (outputs.length > 0) yield* this.programOf(this.work, outputs)
  }

  /** Does all that was asked for; what only those look at who do so before a pass is over may be left out. */
  flush(isOver = false): void {
    const { results, notes, work } = this
    if (results.length === 0) return
    const least = leastOf(isOver)
    const outputs: Result[] = []
    for (let i = 0; i < results.length; i++) {
      const result = results[i] as Result
      result.isPending = false
      if (result.use > least) outputs.push(result)
      else result.work = work
    }
    this.forget()
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i] as Result
      output.place(output.lease.take(output.shape).pointer)
    }
    if (outputs.length === 0) return
    const run = this.run(work, outputs)
    this.runs.push({ run, work, outputs })
    notes.note(() => run.go())
  }

  /** The pass is over. */
  settle(): void {
    this.flush(true)
    this.isOver = true
  }

  forget(): void {
    if (this.remembered > REMEMBERED) {
      this.remembered = 0
      this.root = start()
    }
    this.path = this.root
    this.turn++
    this.inputs = []
    this.numbers = new NumberList()
    this.results = []
    this.first = 0
    this.askers = 0
  }

  /** All that was asked for, and is not done. */
  private get work(): Work {
    const { path, inputs, numbers, results, pass, notes } = this
    return { path, inputs, numbers: numbers.list, results, pass, isNoted: notes.isOn }
  }

  /** The program that computes these outputs, which may have to be made. */
  private *programOf(work: Work, outputs: readonly Result[]): Generator<void, BoundProgram> {
    const { path } = work
    const stored = outputs.map(({ id, isChecked }) => (isChecked ? -1 - id : id))
    const known = path.program(stored)
    if (known) return known
    const name = path.steps.map(({ operation, a, b, c, options, shape }) =>
      operation === 'input' ? [shape] : [operation, a, b, c, options],
    )
    const signature = JSON.stringify([name, stored])
    yield
    const program = yield* this.programs.of(signature, () => programOf(work, outputs))
    path.end(stored, program)
    return program
  }

  private run(work: Work, outputs: readonly Result[]): Run {
    const { programs } = this
    const { inputs, numbers } = work
    const program = whole(this.programOf(work, outputs))
    const addresses = new Array<number>(inputs.length + outputs.length)
    for (let i = 0; i < inputs.length; i++) addresses[i] = (inputs[i] as WasmTensor).pointer
    for (let i = 0; i < outputs.length; i++) addresses[inputs.length + i] = (outputs[i] as Result).pointer
    const run = programs.run(program, addresses, numbers)
    run.go()
    return run
  }

  /** Where the numbers are of a result that nobody was going to look at: it is computed now. */
  late(result: Result): number {
    const { work } = result
    if (work === undefined || work.pass !== this.pass) {
      throw new GradstreamError('STALE_TENSOR', {
        place: 'tensor.data',
        expected: 'a tensor that a node returned, or one of the step under way',
        got: 'what a node computed on its way in an earlier step',
        hint: 'Return it in forward under a name, and list that under saved or outputs.',
      })
    }
    result.place(result.lease.take(result.shape).pointer)
    // Its number is that of its own program, whatever others it was an input of since.
    const run = this.run(work, [result])
    // When its program is done again, nobody asks for it again: it lies there.
    if (work.isNoted) this.notes.noteLate(() => run.go())
    return result.pointer
  }
}

/** Who looks at least, of those for whom a result is stored. */
const leastOf = (isOver: boolean) => (isOver ? PASSING : NOBODY)

const start = () => new Path(undefined, 'input', NONE, NONE, NONE, undefined, [], 0)
