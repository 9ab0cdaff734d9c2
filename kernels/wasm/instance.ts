/// <reference path="./web-assembly.d.ts" />
/** The module at work on a memory of its own. */
import { WasmMemory } from './memory.ts'
import { buildFor, type Exports } from './module.ts'

export interface WasmInstance {
  readonly memory: WasmMemory
  readonly exports: Exports
  readonly module: WebAssembly.Module
  /** Whether it multiplies and adds in one instruction. */
  readonly relaxed: boolean
}

export function instantiate(shared: boolean): WasmInstance {
  const memory = new WasmMemory(shared)
  const { module, relaxed } = buildFor(shared)
  const exports = new WebAssembly.Instance(module, { env: { memory: memory.memory } }).exports as Exports
  memory.startAt(exports.memoryStart())
  return { memory, exports, module, relaxed }
}
