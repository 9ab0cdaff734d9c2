/** The matrix product in WebAssembly, by one thread. */
import type { Call } from './codegen/calls-code.ts'
import type { WasmInstance } from './instance.ts'
import type { Block } from './spare-blocks.ts'

/** How b and a are read: 0 as they are, 1 with b transposed, 2 with a transposed. */
export type TranspositionCode = 0 | 1 | 2

/** c [m, n] = a · b over k products for each entry; the addresses are bytes of the memory, the widths how far apart rows lie there. */
export type Multiplication = readonly [
  c: number,
  a: number,
  b: number,
  m: number,
  n: number,
  k: number,
  transposition: TranspositionCode,
  aWidth: number,
  bWidth: number,
]

/** Who multiplies matrices; all else is done by the WebAssembly module. */
export interface MatrixProduct {
  /** What does it, for a person to read. */
  readonly description: string
  /** The call that multiplies two matrices, to be made as often as wanted. */
  call(product: Multiplication): Call
  dispose(): void
}

export class WasmProduct implements MatrixProduct {
  readonly description: string
  private readonly instance: WasmInstance
  private readonly scratch: Block

  constructor(instance: WasmInstance) {
    this.description = describe(instance, 1)
    this.instance = instance
    this.scratch = instance.memory.allocate(instance.exports.matMulScratch())
  }

  call(product: Multiplication): Call {
    const [, , , m, n] = product
    const values = [...product, this.scratch.pointer, 0, m, 0, n]
    return { call: this.instance.exports.matMul as Call['call'], values }
  }

  dispose(): void {}
}

export const describe = ({ relaxed }: WasmInstance, threads: number): string =>
  `WebAssembly with ${relaxed ? 'relaxed SIMD' : 'SIMD'}, ${threads === 1 ? '1 thread' : `${threads} threads`}`
