/** A program as a module: a function for each kind of loop, and one that calls them all, and the matrix product between them. */
import { type Program, sizeOf, type Value } from '../../../core/index.ts'
import { type Fused, fused } from '../../compiling/fuse.ts'
import { keyOf } from '../../compiling/loop.ts'
import type { CompiledLoop, CompiledPart, CompiledProduct } from '../../compiling/part.ts'
import { type Plan, planned } from '../../compiling/plan.ts'
import { FunctionBody } from './function-body.ts'
import { I32 } from './instructions.ts'
import { loopFunction } from './loop-code.ts'
import { ModuleWriter } from './module-writer.ts'

const NUMBER = 4

/** The parameters of `run`. */
const [LIST, NUMBERS, MEMORY] = [0, 1, 2]

export interface ProgramCode {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The inputs, then the outputs, in the order of the addresses that `run` reads. */
  readonly given: readonly Value[]
  /** Bytes of memory for what the parts leave for one another, and of their scratch memory behind it. */
  readonly memory: number
  /** Which numbers of the program the loops read, in their order. */
  readonly numbers: readonly number[]
  /** How many loops and products there are. */
  readonly parts: number
}

interface ProgramCodeOptions {
  /** Whether the machine has the fused multiply-add of relaxed SIMD. */
  readonly relaxed: boolean
  /** Whether several threads have the memory. */
  readonly shared?: boolean
  /** Whether instructions are fused. */
  readonly together?: boolean
}

/**
 * The module imports `multiply(c, a, b, m, n, k, transposition)`, and exports `run`, which takes three addresses: that of a
 * list of addresses, one for each input and output; that of the numbers; and that of memory of its own.
 */
export function programCode(
  program: Program,
  { relaxed, shared = false, together = true }: ProgramCodeOptions,
): ProgramCode {
  return new ProgramCoder(program, fused(program, together), relaxed, shared).code()
}

interface Made {
  readonly index: number
  readonly isFlat: boolean
}

class ProgramCoder {
  private readonly parts: readonly CompiledPart[]
  private readonly given: readonly Value[]
  private readonly listed: ReadonlyMap<number, number>
  private readonly plan: Plan
  private readonly relaxed: boolean
  private readonly writer: ModuleWriter
  private readonly multiply: number
  private readonly run = new FunctionBody([I32, I32, I32])
  private readonly functions = new Map<string, Made>()
  private readonly numbers: number[] = []
  private scratch = 0

  constructor(program: Program, { parts, outputs }: Fused, relaxed: boolean, shared: boolean) {
    this.parts = parts
    this.given = [...program.inputs, ...outputs]
    this.listed = new Map(this.given.map(({ id }, i) => [id, i]))
    this.plan = planned({ parts, outputs }, new Set(this.listed.keys()))
    this.relaxed = relaxed
    this.writer = new ModuleWriter(shared)
    this.multiply = this.writer.import('multiply', {
      parameters: new Array<typeof I32>(7).fill(I32),
      results: [],
    })
  }

  code(): ProgramCode {
    const { parts, given, numbers, plan, writer } = this
    for (const part of parts) {
      if ('loop' in part) this.loop(part)
      else this.product(part)
    }
    writer.function(this.run, 'run')
    return { bytes: writer.bytes(), given, memory: plan.bytes + this.scratch, numbers, parts: parts.length }
  }

  private loop({ loop, tensors, numbers }: CompiledLoop): void {
    const { run } = this
    const made = this.functionOf(loop)
    for (const tensor of tensors) this.address(tensor)
    run
      .get(NUMBERS)
      .i32(this.numbers.length * NUMBER)
      .plain('i32.add')
    run.get(MEMORY).i32(this.plan.bytes).plain('i32.add')
    if (made.isFlat) run.i32(sizeOf(loop.space))
    run.call(made.index)
    this.numbers.push(...numbers)
  }

  /** Loops that are alike are one function. */
  private functionOf(loop: CompiledLoop['loop']): Made {
    const key = keyOf(loop)
    const known = this.functions.get(key)
    if (known) return known
    const { body, isFlat, scratch } = loopFunction(loop, this.relaxed)
    this.scratch = Math.max(scratch, this.scratch)
    const made = { index: this.writer.function(body), isFlat }
    this.functions.set(key, made)
    return made
  }

  private product({ product, tensors }: CompiledProduct): void {
    const { run } = this
    const { m, n, k, transposition, batch, strides } = product
    const pointers = tensors.map(tensor => {
      const pointer = run.local(I32)
      this.address(tensor)
      run.set(pointer)
      return pointer
    })
    const advance = (axis: number, times: number) => {
      for (const [i, pointer] of pointers.entries()) {
        const bytes = (strides[i]?.[axis] as number) * times * NUMBER
        if (bytes !== 0) run.get(pointer).i32(bytes).plain('i32.add').set(pointer)
      }
    }
    const each = (axis: number): void => {
      const length = batch[axis]
      if (length === undefined) {
        for (const pointer of pointers) run.get(pointer)
        for (const value of [m, n, k, transposition]) run.i32(value)
        run.call(this.multiply)
        return
      }
      const count = run.local(I32)
      run.i32(0).set(count)
      run.loop(count, 1, length, () => {
        each(axis + 1)
        advance(axis, 1)
      })
      advance(axis, -length)
    }
    each(0)
  }

  /** Puts on the stack where a tensor begins. */
  private address({ base, offset }: { readonly base: Value; readonly offset: number }): void {
    const { run, listed, plan } = this
    const place = listed.get(base.id)
    if (place === undefined) run.get(MEMORY).i32((plan.places.get(base.id) as number) + offset * NUMBER)
    else {
      run.get(LIST).memory('i32.load', place * NUMBER)
      run.i32(offset * NUMBER)
    }
    run.plain('i32.add')
  }
}
