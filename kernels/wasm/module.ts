/// <reference path="./web-assembly.d.ts" />
/** The WebAssembly module: which build runs here, and what it exports. */
import { decoded } from '#host'
import type { CompiledRoutine } from '../compiling/part.ts'
import { binaries } from './binaries.ts'
import type { Call } from './codegen/calls-code.ts'

/** The functions of assembly/index.ts. Addresses are bytes, lengths are numbers. */
export interface Exports
  extends WebAssembly.Exports,
    Readonly<Record<CompiledRoutine['routine'], Call['call']>> {
  readonly memoryStart: () => number
  readonly allFinite: (x: number, n: number) => number
  readonly check: (x: number, n: number, flag: number) => void
  readonly statistics: (out: number, x: number, n: number) => void
  readonly tally: (totals: number, index: number, x: number, n: number, weight: number) => void
  readonly tallyColumns: (totals: number, index: number, x: number, n: number, columns: number) => void
  readonly tallyMoments: (totals: number, index: number, x: number, n: number) => void
  readonly tallyWeightedMoments: (
    totals: number,
    index: number,
    x: number,
    weights: number,
    n: number,
  ) => void
  readonly copyRuns: (
    y: number,
    x: number,
    bytes: number,
    count: number,
    yStride: number,
    xStride: number,
  ) => void
  readonly matMulScratch: () => number
  readonly matMul: (
    c: number,
    a: number,
    b: number,
    m: number,
    n: number,
    k: number,
    transposition: number,
    aWidth: number,
    bWidth: number,
    scratch: number,
    rowStart: number,
    rowEnd: number,
    columnStart: number,
    columnEnd: number,
  ) => void
}

/** A build that this machine runs, compiled. */
export interface Build {
  readonly module: WebAssembly.Module
  readonly relaxed: boolean
}

const compiled = new Map<boolean, Build>()

/** The build for shared memory or for memory of one's own, compiled once a process. */
export function buildFor(shared: boolean): Build {
  const known = compiled.get(shared)
  if (known) return known
  // The fused multiply-add of relaxed SIMD came to V8 with Node 22.
  const relaxed = WebAssembly.validate(RELAXED)
  const plain = relaxed ? binaries.relaxed : binaries.simd
  const forThreads = relaxed ? binaries.sharedRelaxed : binaries.sharedSimd
  const build = { module: new WebAssembly.Module(decoded(shared ? forThreads : plain)), relaxed }
  compiled.set(shared, build)
  return build
}

/** Whether WebAssembly with SIMD runs here at all. A page may be forbidden to compile it, by its Content Security Policy. */
export function isSupported(): boolean {
  supported ??= mayCompile(SIMD)
  return supported
}
let supported: boolean | undefined

function mayCompile(bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    return Boolean(new WebAssembly.Module(bytes))
  } catch {
    return false
  }
}

/** `i8x16.splat (i32.const 0)` */
const ZEROS = [0x41, 0x00, 0xfd, 0x0f]

/** What needs SIMD. */
const SIMD = returning(...ZEROS)

/** What needs relaxed SIMD, too: `f32x4.relaxed_madd`. */
const RELAXED = returning(...ZEROS, ...ZEROS, ...ZEROS, 0xfd, 0x85, 0x02)

/** A module with one function that returns a vector. */
function returning(...code: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // Types: one, of a function without parameters whose result is v128.
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
    // Functions: one, of type 0.
    ...[0x03, 0x02, 0x01, 0x00],
    // Code: one body, without locals.
    ...[0x0a, code.length + 4, 0x01, code.length + 2, 0x00, ...code, 0x0b],
  )
}
