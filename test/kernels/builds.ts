/** The builds of the WebAssembly module that this machine runs: `createKernels` takes the fastest alone. */
import { binaries } from '../../kernels/wasm/binaries.ts'
import type { WasmInstance } from '../../kernels/wasm/instance.ts'
import { WasmMemory } from '../../kernels/wasm/memory.ts'
import type { Exports } from '../../kernels/wasm/module.ts'
import { WasmProduct } from '../../kernels/wasm/product.ts'
import { WasmKernels } from '../../kernels/wasm/wasm-kernels.ts'

const NAMES = ['simd', 'relaxed'] as const

type Name = (typeof NAMES)[number]

const bytesOf = (name: Name) => Uint8Array.from(Buffer.from(binaries[name], 'base64'))

/** The fused multiply-add of relaxed SIMD came to V8 with Node 22: before, the plain build alone. */
export const BUILDS = NAMES.filter(name => WebAssembly.validate(bytesOf(name)))

/** Compiled once for all tests, which takes longer than most of them. */
const modules = new Map<Name, WebAssembly.Module>()

function moduleOf(name: Name): WebAssembly.Module {
  const module = modules.get(name) ?? new WebAssembly.Module(bytesOf(name))
  modules.set(name, module)
  return module
}

/** A build on a memory of its own. */
export function instanceOf(name: Name): WasmInstance {
  const memory = new WasmMemory(false)
  const module = moduleOf(name)
  const exports = new WebAssembly.Instance(module, { env: { memory: memory.memory } }).exports as Exports
  memory.startAt(exports.memoryStart())
  return { memory, exports, module, relaxed: name === 'relaxed' }
}

/** Kernels of one thread on a build. */
export function kernelsOf(name: Name): WasmKernels {
  const instance = instanceOf(name)
  return new WasmKernels('wasm', instance, new WasmProduct(instance))
}
