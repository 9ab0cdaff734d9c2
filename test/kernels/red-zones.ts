/** Red zones around every block of a WebAssembly memory: what a kernel writes beyond its result shows there. */
import type { Kernels } from '../../core/index.ts'
import { WasmMemory } from '../../kernels/wasm/memory.ts'
import type { Block } from '../../kernels/wasm/spare-blocks.ts'

/** Bytes before and behind each block; the alignment of blocks stays. */
const ZONE = 64
const PAINT = 0xa5

/** Paints red zones around whatever kernels allocate from now on. The result says what is wrong with them, if anything. */
export function redZones(kernels: Kernels): () => string | undefined {
  const { memory } = kernels as unknown as { memory: WasmMemory }
  if (!(memory instanceof WasmMemory)) throw new Error(`${kernels.name} kernels have no WebAssembly memory`)
  const blocks = new Map<number, { readonly bytes: number; readonly outer: Block }>()
  const allocate = memory.allocate.bind(memory)
  const release = memory.release.bind(memory)
  const all = () => new Uint8Array(memory.memory.buffer)
  memory.allocate = bytes => {
    const outer = allocate(bytes + 2 * ZONE)
    const pointer = outer.pointer + ZONE
    all().fill(PAINT, outer.pointer, pointer)
    all().fill(PAINT, pointer + bytes, outer.pointer + outer.bytes)
    blocks.set(pointer, { bytes, outer })
    return { pointer, bytes }
  }
  memory.release = (pointer, bytes) => {
    const outer = blocks.get(pointer)?.outer
    blocks.delete(pointer)
    if (outer) release(outer.pointer, outer.bytes)
    else release(pointer, bytes)
  }
  return () => {
    const memory = all()
    for (const [pointer, { bytes, outer }] of blocks) {
      const spoilt = (at: number) => memory[at] !== PAINT
      for (let at = outer.pointer; at < pointer; at++)
        if (spoilt(at)) return `byte ${at - pointer} before a block of ${bytes}`
      for (let at = pointer + bytes; at < outer.pointer + outer.bytes; at++)
        if (spoilt(at)) return `byte ${at - pointer - bytes} behind a block of ${bytes}`
    }
    return undefined
  }
}
