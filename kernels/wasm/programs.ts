/// <reference path="./web-assembly.d.ts" />
/** Programs at work on a memory: each is fused once, and its loops are compiled once for all programs that have them. */
import { type Program, sizeOf, type Value } from '../../core/index.ts'
import { fused } from '../compiling/fuse.ts'
import { keyOf, type Loop } from '../compiling/loop.ts'
import type { CompiledProduct } from '../compiling/part.ts'
import { planned } from '../compiling/plan.ts'
import type { BoundProgram, Place, Runner, Step, Steps } from './bound-program.ts'
import { type Call, callsModule } from './codegen/calls-code.ts'
import { loopFunction } from './codegen/loop-code.ts'
import { ModuleWriter } from './codegen/module-writer.ts'
import type { WasmInstance } from './instance.ts'
import type { MatrixProduct } from './product.ts'
import { Run } from './run.ts'
import type { Block } from './spare-blocks.ts'

const NUMBER = Float32Array.BYTES_PER_ELEMENT
/** Bytes of a cache line. */
const LINE = 64
/** How many programs, and loops of different kinds, are remembered. */
const REMEMBERED = 4096

/** How many runs of a program are remembered: values that are trained live in two places in turns. */
const RUNS = 4

/** How many runs are done at least between two whose calls are joined. */
const APART = 8

/** Modules of loops that are alike, by what the loops do, for all memories of a process. */
const modules = new Map<
  string,
  { readonly module: WebAssembly.Module; readonly scratch: number; readonly isFlat: boolean }
>()

/** What is done for programs, by their signatures, for all memories of a process. */
const known = new Map<string, Steps>()

export class Programs {
  private readonly instance: WasmInstance
  private readonly product: MatrixProduct
  /** The word that is set where a number that is looked at is not finite. */
  readonly flag: number
  private readonly bound = new Map<string, BoundProgram>()
  private readonly runners = new Map<string, Runner>()
  /** What programs were run on last. */
  private readonly runs = new WeakMap<BoundProgram, Run[]>()
  /** How many runs were done since the calls of one were joined. */
  private runsSince = APART
  private room: Block
  private floats = new Float32Array(0)

  constructor(instance: WasmInstance, product: MatrixProduct) {
    this.instance = instance
    this.product = product
    this.room = instance.memory.allocate(0)
    this.flag = instance.memory.allocate(NUMBER).pointer
  }

  /** Memory that a program may use while it runs, whose beginning changes when it grows. */
  get start(): number {
    return this.room.pointer
  }

  /** The program of a signature, which says all about it but its numbers. It is made piece by piece. */
  *of(signature: string, write: () => Program): Generator<void, BoundProgram> {
    const before = this.bound.get(signature)
    if (before) return before
    const steps = known.get(signature) ?? remember(known, signature, yield* stepsOf(write))
    return remember(this.bound, signature, yield* this.bind(steps))
  }

  private *bind({ steps, numbers, bytes }: Steps): Generator<void, BoundProgram> {
    const runners: (Runner | undefined)[] = []
    for (const { part } of steps) {
      runners.push('loop' in part ? this.runner(part.loop) : undefined)
      yield
    }
    const scratch = steps.reduce(
      (most, { part }, i) => Math.max(most, 'routine' in part ? part.scratch : (runners[i]?.scratch ?? 0)),
      0,
    )
    const aligned = Math.ceil((numbers.length * NUMBER) / LINE) * LINE
    return { steps, runners, numbers, bytes: { numbers: aligned, own: bytes, scratch } }
  }

  private runner(loop: Loop): Runner {
    const { memory, relaxed } = this.instance
    const key = `${memory.shared} ${relaxed} ${keyOf(loop)}`
    return remembered(this.runners, key, () => {
      const { module, scratch, isFlat } = remembered(modules, key, () => {
        const { body, scratch, isFlat } = loopFunction(loop, relaxed)
        const writer = new ModuleWriter(memory.shared)
        writer.function(body, 'run')
        return { module: new WebAssembly.Module(writer.bytes()), scratch, isFlat }
      })
      const { exports } = new WebAssembly.Instance(module, { env: { memory: memory.memory } })
      const isChecking = loop.stores.some(store => store.isChecked)
      return { run: exports.run as Call['call'], scratch, isFlat, isChecking }
    })
  }

  /** A program on tensors at these addresses, with these numbers. */
  run(program: BoundProgram, addresses: readonly number[], numbers: readonly number[]): Run {
    const runs = this.runs.get(program) ?? []
    if (runs.length === 0) this.runs.set(program, runs)
    for (let i = 0; i < runs.length; i++) {
      const run = runs[i] as Run
      if (run.isOf(addresses, numbers)) return run
    }
    const run = new Run(this, program, addresses, numbers)
    if (runs.length === RUNS) runs.shift()
    runs.push(run)
    return run
  }

  /** Makes sure that a program has room. */
  reserve({ bytes }: BoundProgram): void {
    const { memory } = this.instance
    const needed = bytes.numbers + bytes.own + bytes.scratch
    if (this.room.bytes >= needed) return
    memory.release(this.room.pointer, this.room.bytes)
    this.room = memory.allocate(needed)
  }

  /** Puts the numbers of a program where its loops read them. */
  put({ numbers }: BoundProgram, given: readonly number[]): void {
    this.runsSince++
    if (numbers.length === 0) return
    const { buffer } = this.instance.memory.memory
    if (this.floats.buffer !== buffer) this.floats = new Float32Array(buffer)
    const start = this.start / NUMBER
    for (let i = 0; i < numbers.length; i++) this.floats[start + i] = given[numbers[i] as number] as number
  }

  /** The calls of a program whose inputs and outputs begin at these addresses, with its memory as it is at present. */
  calls({ steps, runners, bytes }: BoundProgram, given: readonly number[]): Call[] {
    const own = this.start + bytes.numbers
    const { flag } = this
    return steps.flatMap(({ part, places, numbers }, i) => {
      const addresses = places.map(place =>
        'own' in place ? own + place.own : (given[place.given] as number) + place.offset * NUMBER,
      )
      if ('size' in part)
        return { call: this.instance.exports.check, values: [...addresses, part.size, flag] }
      if ('product' in part) return this.products(part, addresses)
      if ('routine' in part) {
        const behind = part.scratch > 0 ? [own + bytes.own] : []
        return {
          call: this.instance.exports[part.routine],
          values: [...addresses, ...part.values, ...behind],
        }
      }
      const { run, isFlat, isChecking } = runners[i] as Runner
      const values = [...addresses, this.start + numbers * NUMBER, own + bytes.own]
      if (isChecking) values.push(flag)
      if (isFlat) values.push(sizeOf(part.loop.space))
      return { call: run, values }
    })
  }

  /** All of these calls as one, but few in a row: a deep network has many, and each takes its time. */
  joined(calls: readonly Call[]): (() => void) | undefined {
    if (this.runsSince < APART) return undefined
    this.runsSince = 0
    const { memory } = this.instance
    const { bytes, imports } = callsModule(calls, memory.shared)
    const module = new WebAssembly.Module(bytes)
    const { exports } = new WebAssembly.Instance(module, { env: { memory: memory.memory, ...imports } })
    return exports.run as () => void
  }

  /** A product, or one for each entry of its batch. */
  private products({ product }: CompiledProduct, addresses: readonly number[]): Call[] {
    const { m, n, k, transposition, widths, batch, strides } = product
    const calls: Call[] = []
    const each = (axis: number, c: number, a: number, b: number): void => {
      const length = batch[axis]
      if (length === undefined) {
        calls.push(this.product.call([c, a, b, m, n, k, transposition, ...widths]))
        return
      }
      const [byC, byA, byB] = strides.map(of => (of[axis] as number) * NUMBER) as [number, number, number]
      for (let i = 0; i < length; i++) each(axis + 1, c + i * byC, a + i * byA, b + i * byB)
    }
    const [c, a, b] = addresses as readonly [number, number, number]
    each(0, c, a, b)
    return calls
  }
}

/** Gives what is known under a key, or makes it. */
function remembered<T>(map: Map<string, T>, key: string, make: () => T): T {
  return map.get(key) ?? remember(map, key, make())
}

/** Keeps what is known under a key; where there is too much, the oldest goes. */
function remember<T>(map: Map<string, T>, key: string, made: T): T {
  if (map.size === REMEMBERED) map.delete(map.keys().next().value as string)
  map.set(key, made)
  return made
}

function* stepsOf(write: () => Program): Generator<void, Steps> {
  const program = write()
  yield
  const { parts, outputs, checked } = yield* fused(program)
  yield
  const given = new Map<number, number>([...program.inputs, ...outputs].map(({ id }, i) => [id, i]))
  const { places, onto, bytes } = planned({ parts }, new Set(given.keys()))
  const placeOf = ({ base, offset }: { readonly base: Value; readonly offset: number }): Place => {
    const index = given.get(onto.get(base.id) ?? base.id)
    return index === undefined
      ? { own: (places.get(base.id) as number) + offset * NUMBER }
      : { given: index, offset }
  }
  const numbers: number[] = []
  const unchecked = new Set(checked)
  const steps: Step[] = parts.map(part => {
    const start = numbers.length
    if ('loop' in part) {
      numbers.push(...part.numbers)
      for (const { access, isChecked } of part.loop.stores)
        if (isChecked) unchecked.delete((part.tensors[access.tensor] as { base: Value }).base.id)
    }
    return { part, places: part.tensors.map(placeOf), numbers: start }
  })
  for (const output of outputs) {
    if (!unchecked.has(output.id)) continue
    steps.push({
      part: { size: sizeOf(output.shape) },
      places: [placeOf({ base: output, offset: 0 })],
      numbers: 0,
    })
  }
  return { steps, numbers, bytes }
}
