/** Loops as functions of a module of their own. */
import type { Loop } from '../../../kernels/compiling/loop.ts'
import { loopFunction } from '../../../kernels/wasm/codegen/loop-code.ts'
import { ModuleWriter } from '../../../kernels/wasm/codegen/module-writer.ts'

export interface Compiled {
  readonly memory: WebAssembly.Memory
  /** Bytes of scratch memory that it takes. */
  readonly scratch: number
  run(...addresses: readonly number[]): void
}

/** @param bytes How much memory the tensors, numbers and scratch rows of a loop take together, once its scratch is known. */
export function compiled(loop: Loop, relaxed: boolean, bytes: (scratch: number) => number): Compiled {
  const { body, scratch, isFlat } = loopFunction(loop, relaxed)
  const writer = new ModuleWriter(false)
  writer.function(body, 'run')
  const pages = Math.ceil(bytes(scratch) / 65_536) + 1
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65_536, shared: false })
  const module = new WebAssembly.Module(writer.bytes())
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const { run } = exports as unknown as Pick<Compiled, 'run'>
  const length = loop.space.at(-1) as number
  return { memory, scratch, run: isFlat ? (...addresses) => run(...addresses, length) : run }
}
