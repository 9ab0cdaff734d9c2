/** A program as a module: a function for each kind of loop, and one that calls them all. */
import type { Program, Value } from '../../../core/index.ts'
import { fused } from '../../compiling/fuse.ts'
import { planned } from '../../compiling/plan.ts'
import { FunctionBody } from './function-body.ts'
import { I32 } from './instructions.ts'
import { type LoopFunction, loopFunction } from './loop-code.ts'
import { ModuleWriter } from './module-writer.ts'

const NUMBER = 4

export interface ProgramCode {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The inputs, then the outputs, in the order of the addresses that `run` reads. */
  readonly given: readonly Value[]
  /** Bytes of memory for what the loops leave for one another, and of their scratch memory behind it. */
  readonly memory: number
  /** The numbers of the program in the order in which the loops read them. */
  readonly numbers: readonly number[]
  readonly loops: number
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
 * The exported function `run` takes three addresses: that of a list of addresses, one for each input and output; that of the
 * numbers; and that of memory of its own.
 */
export function programCode(
  program: Program,
  { relaxed, shared = false, together = true }: ProgramCodeOptions,
): ProgramCode {
  const fusedLoops = fused(program, together)
  const given = [...program.inputs, ...fusedLoops.outputs]
  const lists = new Map(given.map(({ id }, i) => [id, i]))
  const { places, bytes: planBytes } = planned(fusedLoops, new Set(lists.keys()))
  const writer = new ModuleWriter(shared)
  const functions = new Map<string, Made>()
  const run = new FunctionBody([I32, I32, I32])
  const [list, numbersAt, memory] = [0, 1, 2]
  const numbers: number[] = []
  let scratch = 0
  const calls: (() => void)[] = []
  for (const { loop, tensors, numbers: own } of fusedLoops.loops) {
    const made = functionOf(writer, functions, loopFunction(loop, relaxed))
    scratch = Math.max(scratch, made.scratch)
    const start = numbers.length
    numbers.push(...own)
    calls.push(() => {
      for (const { base, offset } of tensors) {
        const place = lists.get(base.id)
        if (place === undefined) run.get(memory).i32((places.get(base.id) as number) + offset * NUMBER)
        else
          run
            .get(list)
            .memory('i32.load', place * NUMBER)
            .i32(offset * NUMBER)
        run.plain('i32.add')
      }
      run
        .get(numbersAt)
        .i32(start * NUMBER)
        .plain('i32.add')
      run.get(memory).i32(planBytes).plain('i32.add')
      if (made.isFlat) run.i32(loop.space.at(-1) as number)
      run.call(made.index)
    })
  }
  for (const call of calls) call()
  writer.function(run, 'run')
  return {
    bytes: writer.bytes(),
    given,
    memory: planBytes + scratch,
    numbers,
    loops: fusedLoops.loops.length,
  }
}

interface Made {
  readonly index: number
  readonly isFlat: boolean
  readonly scratch: number
}

/** Loops that are alike are one function. */
function functionOf(
  writer: ModuleWriter,
  functions: Map<string, Made>,
  { body, isFlat, scratch }: LoopFunction,
): Made {
  const key = `${body.parameters.length} ${body.encoded().taken().join()}`
  const known = functions.get(key)
  if (known) return known
  const made = { index: writer.function(body), isFlat, scratch }
  functions.set(key, made)
  return made
}
