/// <reference path="./web-assembly.d.ts" />
/** The WebAssembly module: which build runs here, and what it exports. */
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
  const fast = decoded(shared ? binaries.sharedRelaxed : binaries.relaxed)
  // The fused multiply-add of relaxed SIMD came to V8 with Node 22.
  const relaxed = WebAssembly.validate(fast)
  const bytes = relaxed ? fast : decoded(shared ? binaries.sharedSimd : binaries.simd)
  const build = { module: new WebAssembly.Module(bytes), relaxed }
  compiled.set(shared, build)
  return build
}

/** Whether WebAssembly with SIMD runs here at all. */
export const isSupported = (): boolean => {
  supported ??=
    typeof WebAssembly === 'object' && WebAssembly.validate(decoded(binaries.simd)) && mayCompile()
  return supported
}
let supported: boolean | undefined

/** A page may be forbidden to, by its Content Security Policy. */
function mayCompile(): boolean {
  try {
    return Boolean(new WebAssembly.Module(decoded(EMPTY)))
  } catch {
    return false
  }
}

/** The least that is a module: its signature and version. */
const EMPTY = btoa('\0asm\x01\0\0\0')

function decoded(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0))
}
