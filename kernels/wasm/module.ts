/// <reference path="./web-assembly.d.ts" />
/** The WebAssembly module: which build runs here, and what it exports. */
import { binaries } from './binaries.ts'

export type Binary = (
  y: number,
  a: number,
  b: number,
  rows: number,
  columns: number,
  aStride: number,
  bStride: number,
  single: number,
) => void
export type Unary = (y: number, x: number, n: number) => void
type UnaryWith = (y: number, x: number, n: number, parameter: number) => void
type Pair = (y: number, a: number, b: number, n: number) => void
type Rows = (y: number, x: number, rows: number, columns: number) => void
export type Loss = (loss: number, p: number, t: number, n: number, weight: number) => void
export type Slope = (dp: number, dJ: number, p: number, t: number, n: number, weight: number) => void

/** The functions of assembly/index.ts. Addresses are bytes, lengths are numbers. */
export interface Exports extends WebAssembly.Exports {
  readonly memoryStart: () => number
  readonly add: Binary
  readonly sub: Binary
  readonly mul: Binary
  readonly div: Binary
  readonly equal: Binary
  readonly addScaled: (y: number, a: number, b: number, n: number, factor: number) => void
  readonly note: (list: number, index: number, pointer: number) => void
  readonly addAll: (y: number, list: number, count: number, n: number) => void
  readonly wherePositive: (
    y: number,
    x: number,
    a: number,
    b: number,
    n: number,
    aNumber: number,
    bNumber: number,
  ) => void
  readonly scale: UnaryWith
  readonly addScalar: UnaryWith
  readonly maximum: UnaryWith
  readonly greater: UnaryWith
  readonly oneMinus: Unary
  readonly abs: Unary
  readonly square: Unary
  readonly sqrt: Unary
  readonly exp: Unary
  readonly expm1: Unary
  readonly log: Unary
  readonly relu: Unary
  readonly tanh: Unary
  readonly sigmoid: Unary
  readonly softplus: Unary
  readonly sigmoidGradient: Pair
  readonly tanhGradient: Pair
  readonly softplusGradient: Pair
  readonly softmax: Rows
  readonly logSoftmax: Rows
  readonly argMaxRows: Rows
  readonly softmaxGradient: (dx: number, dy: number, y: number, rows: number, columns: number) => void
  readonly fill: (y: number, n: number, value: number) => void
  readonly sum: (x: number, n: number) => number
  readonly sumAxis: (y: number, x: number, outer: number, length: number, inner: number) => void
  readonly allFinite: (x: number, n: number) => number
  readonly check: (x: number, n: number, flag: number) => void
  readonly statistics: (out: number, x: number, n: number) => void
  readonly tally: (totals: number, index: number, x: number, n: number, weight: number) => void
  readonly tallyMoments: (totals: number, index: number, x: number, n: number) => void
  readonly copyRuns: (
    y: number,
    x: number,
    bytes: number,
    count: number,
    yStride: number,
    xStride: number,
  ) => void
  readonly repeat: (y: number, x: number, outer: number, length: number, inner: number) => void
  readonly bernoulli: (y: number, n: number, k0: number, k1: number, limit: number) => void
  readonly addBias: (y: number, bias: number, rows: number, columns: number, activation: number) => void
  readonly matMulScratch: () => number
  readonly matMul: (
    c: number,
    a: number,
    b: number,
    m: number,
    n: number,
    k: number,
    transposition: number,
    scratch: number,
    rowStart: number,
    rowEnd: number,
    columnStart: number,
    columnEnd: number,
  ) => void
  readonly squaredError: Loss
  readonly squaredErrorGradient: Slope
  readonly binaryCrossentropy: Loss
  readonly binaryCrossentropyGradient: Slope
  readonly sigmoidCrossentropy: Loss
  readonly sigmoidCrossentropyGradient: Slope
  readonly categoricalCrossentropy: Loss
  readonly categoricalCrossentropyGradient: Slope
  readonly softmaxCrossentropy: (
    loss: number,
    z: number,
    t: number,
    rows: number,
    columns: number,
    weight: number,
  ) => void
  readonly softmaxCrossentropyGradient: (
    dz: number,
    dJ: number,
    z: number,
    t: number,
    rows: number,
    columns: number,
    weight: number,
  ) => void
  readonly sgd: (
    next: number,
    value: number,
    gradient: number,
    n: number,
    learningRate: number,
    weightDecay: number,
    flag: number,
  ) => void
  readonly sgdMomentum: (
    next: number,
    nextVelocity: number,
    value: number,
    gradient: number,
    velocity: number,
    n: number,
    learningRate: number,
    momentum: number,
    nesterov: number,
    weightDecay: number,
    flag: number,
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
