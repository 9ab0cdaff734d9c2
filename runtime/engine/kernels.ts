/** Choosing the kernels that a model runs on. */
import { GradstreamError, type Kernels, listOf, type Precision, show } from '../../core/index.ts'
import { ReferenceKernels } from '../../kernels/index.ts'

export type KernelsName = 'auto' | 'reference' | 'wasm' | 'blas'

/** Makes kernels with memory of their own. @throws GradstreamError `KERNELS_UNAVAILABLE` */
export function createKernels(name: KernelsName = 'auto', precision: Precision = 'float32'): Kernels {
  if (name === 'auto' || name === 'reference') return new ReferenceKernels(precision)
  throw new GradstreamError('KERNELS_UNAVAILABLE', {
    place: 'compile: kernels',
    expected: listOf(['auto', 'reference']),
    got: show(name),
  })
}
