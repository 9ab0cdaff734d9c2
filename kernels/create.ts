/** Choosing the kernels that a model runs on. */
import { findBlas } from '#blas'
import { parallelism } from '#host'
import { didYouMean, GradstreamError, type Kernels, listOf, type Precision, show } from '../core/index.ts'
import { BlasProduct } from './blas/blas-product.ts'
import { ReferenceKernels } from './reference/reference-kernels.ts'
import { instantiate } from './wasm/instance.ts'
import { isSupported } from './wasm/module.ts'
import { WasmProduct } from './wasm/product.ts'
import { ThreadedProduct } from './wasm/threaded-product.ts'
import { WasmKernels } from './wasm/wasm-kernels.ts'

export type KernelsName = 'auto' | 'reference' | 'wasm' | 'blas'

const kernelsNames: readonly KernelsName[] = ['auto', 'reference', 'wasm', 'blas']

export interface KernelsOptions {
  /** By default `'auto'`: the fastest that are there. */
  readonly kernels?: KernelsName | undefined
  /** By default `'float32'`; `'float64'` on the reference kernels alone. */
  readonly precision?: Precision | undefined
  /** How many threads may be used; by default as many as the machine runs at once. */
  readonly threads?: number | undefined
  /** A BLAS library by its file; by default one is looked for by the usual names. */
  readonly blasPath?: string | undefined
}

/** Makes kernels with memory of their own. @throws GradstreamError `KERNELS_UNAVAILABLE` */
export function createKernels({
  kernels = 'auto',
  precision = 'float32',
  threads = parallelism(),
  blasPath,
}: KernelsOptions = {}): Kernels {
  switch (kernels) {
    case 'reference':
      return new ReferenceKernels(precision)
    case 'wasm':
      demandFloat32(kernels, precision)
      if (isSupported()) return wasmKernels(threads)
      throw unavailable('a machine that runs WebAssembly with SIMD', 'one that does not')
    case 'blas': {
      demandFloat32(kernels, precision)
      const { library, reason } = { reason: '', ...findBlas(blasPath) }
      if (library && isSupported()) return blasKernels(library, threads)
      throw unavailable('a BLAS library', library ? 'one, but no WebAssembly with SIMD beside it' : reason)
    }
    case 'auto': {
      if (precision === 'float64' || !isSupported()) return new ReferenceKernels(precision)
      const { library, reason } = { reason: '', ...findBlas(blasPath) }
      return library ? blasKernels(library, threads) : wasmKernels(threads, reason)
    }
    default:
      throw unavailable(listOf(kernelsNames), show(kernels), didYouMean(kernels, kernelsNames))
  }
}

function blasKernels(library: ConstructorParameters<typeof BlasProduct>[1], threads: number): Kernels {
  const instance = instantiate(false)
  return new WasmKernels('blas', instance, new BlasProduct(instance, library, threads))
}

function wasmKernels(threads: number, reason?: string): Kernels {
  // Threads share memory, which a page has only when it is isolated from others.
  const together = threads > 1 && canShare()
  const instance = instantiate(together)
  const product = together ? new ThreadedProduct(instance, threads) : new WasmProduct(instance)
  return new WasmKernels('wasm', instance, product, reason)
}

function canShare(): boolean {
  const { crossOriginIsolated = true } = globalThis as { crossOriginIsolated?: boolean }
  return typeof SharedArrayBuffer === 'function' && crossOriginIsolated
}

function demandFloat32(kernels: KernelsName, precision: Precision): void {
  if (precision === 'float64')
    throw unavailable(`kernels: 'reference' for precision 'float64'`, show(kernels))
}

function unavailable(expected: string, got: string, way: { hint?: string } = {}): GradstreamError {
  return new GradstreamError('KERNELS_UNAVAILABLE', { place: 'compile: kernels', expected, got, ...way })
}
