/// <reference path="./web-assembly.d.ts" />
/** The primitive operations, one at a time, in generated WebAssembly: the same code that a compiled program is made of. */
import {
  type Arithmetic,
  type Contraction,
  type EntryOperation,
  type Options,
  type Program,
  ProgramWriter,
  sizeOf,
  type Tensor,
  type Value,
} from '../../core/index.ts'
import { fused } from '../compiling/fuse.ts'
import { keyOf, type Loop } from '../compiling/loop.ts'
import type { CompiledLoop, CompiledPart, CompiledProduct } from '../compiling/part.ts'
import { planned } from '../compiling/plan.ts'
import { loopFunction } from './codegen/loop-code.ts'
import { ModuleWriter } from './codegen/module-writer.ts'
import type { WasmInstance } from './instance.ts'
import type { WasmTensor } from './memory.ts'
import type { MatrixProduct } from './product.ts'
import type { Block } from './spare-blocks.ts'

const NUMBER = 4
/** How many operations of different shapes, and loops of different kinds, are remembered. */
const REMEMBERED = 4096

/** Where operands lie and results go. */
export interface TensorMemory {
  /** A tensor with undefined entries. */
  empty(shape: readonly number[]): WasmTensor
  /** The address of a tensor, which is brought into the memory if it lies elsewhere. */
  at(x: Tensor): number
}

/** A loop as a function of an instance. */
interface LoopRunner {
  readonly run: (...values: readonly number[]) => void
  readonly scratch: number
  readonly isFlat: boolean
}

/** An operation on operands of certain shapes. */
interface Operation {
  readonly parts: readonly CompiledPart[]
  readonly result: Value
  readonly places: ReadonlyMap<number, number>
  /** Bytes of what its parts leave for one another, in front of their scratch memory. */
  readonly bytes: number
}

/** Modules of loops that are alike, by what the loops do, for all memories of a process. */
const modules = new Map<
  string,
  { readonly module: WebAssembly.Module; readonly scratch: number; readonly isFlat: boolean }
>()

export class WasmArithmetic implements Arithmetic<Tensor> {
  private readonly instance: WasmInstance
  private readonly product: MatrixProduct
  private readonly memory: TensorMemory
  private readonly operations = new Map<string, Operation>()
  private readonly runners = new Map<string, LoopRunner>()
  private readonly numbers: Block
  private scratch: Block

  constructor(instance: WasmInstance, product: MatrixProduct, memory: TensorMemory) {
    this.instance = instance
    this.product = product
    this.memory = memory
    this.numbers = instance.memory.allocate(16 * NUMBER)
    this.scratch = instance.memory.allocate(0)
  }

  entry(operation: EntryOperation, ...operands: readonly (Tensor | number)[]): Tensor {
    const shapes = operands.map(operand => (typeof operand === 'number' ? '#' : `[${operand.shape}]`))
    const write = (writer: ProgramWriter) =>
      writer.entry(operation, ...operands.map(x => (typeof x === 'number' ? x : writer.input(x.shape))))
    return this.run(`${operation} ${shapes}`, operands, write)
  }

  apply<Name extends keyof Options>(operation: Name, x: Tensor, options: Options[Name]): Tensor {
    const key = `${operation} [${x.shape}] ${JSON.stringify(options)}`
    return this.run(key, [x], writer => writer.apply(operation, writer.input(x.shape), options))
  }

  contract(a: Tensor, b: Tensor, options: Contraction): Tensor {
    const key = `contract [${a.shape}] [${b.shape}] ${JSON.stringify(options)}`
    return this.run(key, [a, b], writer =>
      writer.contract(writer.input(a.shape), writer.input(b.shape), options),
    )
  }

  private run(
    key: string,
    operands: readonly (Tensor | number)[],
    write: (writer: ProgramWriter) => Value,
  ): Tensor {
    const { parts, result, places, bytes } = this.operation(key, write)
    const y = this.memory.empty(result.shape)
    const pointers = operands.filter(x => typeof x !== 'number').map(x => this.memory.at(x))
    const given = operands.filter(x => typeof x === 'number')
    const scratch = this.reserved(bytes, parts)
    const addressOf = ({ base, offset }: { readonly base: Value; readonly offset: number }) => {
      const place = places.get(base.id)
      const start =
        base.id === result.id
          ? y.pointer
          : place === undefined
            ? (pointers[base.id] as number)
            : scratch + place
      return start + offset * NUMBER
    }
    for (const part of parts) {
      if ('loop' in part) this.loop(part, part.tensors.map(addressOf), given, scratch + bytes)
      else this.multiply(part, part.tensors.map(addressOf))
    }
    return y
  }

  private operation(key: string, write: (writer: ProgramWriter) => Value): Operation {
    const known = this.operations.get(key)
    if (known) return known
    const writer = new ProgramWriter()
    const y = write(writer)
    const program: Program = writer.program([y])
    const { parts, outputs } = fused(program)
    const [result] = outputs as readonly [Value]
    const plan = planned({ parts, outputs }, new Set([...program.inputs, result].map(({ id }) => id)))
    const made = { parts, result, places: plan.places, bytes: plan.bytes }
    remember(this.operations, key, made)
    return made
  }

  /** Room for what parts leave for one another, and for what each needs while it runs. */
  private reserved(bytes: number, parts: readonly CompiledPart[]): number {
    const most = parts.reduce(
      (least, part) => ('loop' in part ? Math.max(least, this.runner(part.loop).scratch) : least),
      0,
    )
    const { memory } = this.instance
    if (this.scratch.bytes < bytes + most) {
      memory.release(this.scratch.pointer, this.scratch.bytes)
      this.scratch = memory.allocate(bytes + most)
    }
    return this.scratch.pointer
  }

  private loop(
    { loop, numbers }: CompiledLoop,
    addresses: readonly number[],
    given: readonly number[],
    scratch: number,
  ): void {
    const { run, isFlat } = this.runner(loop)
    if (numbers.length > 0) {
      const pool = new Float32Array(this.instance.memory.memory.buffer, this.numbers.pointer, numbers.length)
      for (const [i, number] of numbers.entries()) pool[i] = given[number] as number
    }
    run(...addresses, this.numbers.pointer, scratch, ...(isFlat ? [sizeOf(loop.space)] : []))
  }

  private runner(loop: Loop): LoopRunner {
    const { memory, relaxed } = this.instance
    const key = `${memory.shared} ${relaxed} ${keyOf(loop)}`
    const known = this.runners.get(key)
    if (known) return known
    const { module, scratch, isFlat } = compiled(key, loop, memory.shared, relaxed)
    const { exports } = new WebAssembly.Instance(module, { env: { memory: memory.memory } })
    const made = { run: (exports as unknown as LoopRunner).run, scratch, isFlat }
    remember(this.runners, key, made)
    return made
  }

  private multiply({ product }: CompiledProduct, addresses: readonly number[]): void {
    const { m, n, k, transposition, batch, strides } = product
    const each = (axis: number, [c, a, b]: readonly [number, number, number]): void => {
      const length = batch[axis]
      if (length === undefined) {
        this.product.multiply(c, a, b, m, n, k, transposition)
        return
      }
      const [byC, byA, byB] = strides.map(of => (of[axis] as number) * NUMBER) as [number, number, number]
      for (let i = 0; i < length; i++) each(axis + 1, [c + i * byC, a + i * byA, b + i * byB])
    }
    each(0, addresses as readonly [number, number, number])
  }
}

/** Keeps something under a key; where there is too much, the oldest goes. */
function remember<T>(known: Map<string, T>, key: string, made: T): void {
  if (known.size === REMEMBERED) known.delete(known.keys().next().value as string)
  known.set(key, made)
}

function compiled(key: string, loop: Loop, shared: boolean, relaxed: boolean) {
  const known = modules.get(key)
  if (known) return known
  const { body, scratch, isFlat } = loopFunction(loop, relaxed)
  const writer = new ModuleWriter(shared)
  writer.function(body, 'run')
  const made = { module: new WebAssembly.Module(writer.bytes()), scratch, isFlat }
  remember(modules, key, made)
  return made
}
