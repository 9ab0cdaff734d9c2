/** Kernels in WebAssembly with SIMD, float32: every tensor in one memory. */
import type { Kernels, Statistics, Tensor } from '../../core/index.ts'
import { ArenaKernels } from './arena-kernels.ts'
import { WasmTensor } from './memory.ts'
import type { Block } from './spare-blocks.ts'

/** How many figures the statistics of a tensor are made from. */
const FIGURES = 7

export class WasmKernels extends ArenaKernels implements Kernels {
  private figures: Block | undefined
  private flags = new Int32Array(0)

  // --- looking ------------------------------------------------------------------------------------------------

  allFinite(x: Tensor): boolean {
    return this.wasm.allFinite(this.at(x), x.size) === 1
  }

  foundNonFinite(): boolean {
    this.flush()
    // Read where it lies, which takes less than a call of the module.
    if (this.flags.length === 0) this.flags = new Int32Array(this.memory.memory.buffer, this.flag, 1)
    this.memory.read = true
    const { flags } = this
    if (flags[0] === 0) return false
    flags[0] = 0
    return true
  }

  statistics(x: Tensor): Statistics {
    this.figures ??= this.allocate(2 * FIGURES)
    const { pointer } = this.figures
    this.wasm.statistics(pointer, this.at(x), x.size)
    this.memory.read = true
    const figures = new Float64Array(this.memory.memory.buffer, pointer, FIGURES)
    const [finite = 0, mean = 0, deviations = 0, squares = 0, minimum = 0, maximum = 0, zeros = 0] = figures
    const any = finite > 0
    return {
      count: x.size,
      mean: any ? mean : 0,
      standardDeviation: any ? Math.sqrt(Math.max(deviations, 0) / finite) : 0,
      minimum: any ? minimum : 0,
      maximum: any ? maximum : 0,
      norm: Math.sqrt(squares),
      zeros: x.size > 0 ? zeros / x.size : 0,
      nonFinite: x.size - finite,
    }
  }

  // --- totals ---------------------------------------------------------------------------------------------------

  totals(count: number): Tensor {
    const { pointer } = this.memory.allocate(count * Float64Array.BYTES_PER_ELEMENT)
    const totals = new WasmTensor([count], this.memory, pointer, count, Float64Array)
    totals.data.fill(0)
    return totals
  }

  copyTotals(from: Tensor, to: Tensor): void {
    const { pointer, bytes } = from as WasmTensor
    this.wasm.copyRuns((to as WasmTensor).pointer, pointer, bytes, 1, 0, 0)
  }

  tally(totals: Tensor, index: number, x: Tensor, weight = 1): void {
    this.wasm.tally((totals as WasmTensor).pointer, index, this.at(x), x.size, weight)
  }

  tallyColumns(totals: Tensor, index: number, x: Tensor): void {
    const { pointer } = totals as WasmTensor
    this.wasm.tallyColumns(pointer, index, this.at(x), x.size, x.shape.at(-1) ?? x.size)
  }

  tallyMoments(totals: Tensor, index: number, x: Tensor, weights?: Tensor): void {
    const { pointer } = totals as WasmTensor
    if (weights) this.wasm.tallyWeightedMoments(pointer, index, this.at(x), this.at(weights), x.size)
    else this.wasm.tallyMoments(pointer, index, this.at(x), x.size)
  }
}
