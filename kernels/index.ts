/** How arithmetic is done. */
export { createKernels, type KernelsName, type KernelsOptions } from './create.ts'
export { ReferenceKernels } from './reference/reference-kernels.ts'
