/** How arithmetic is done. */
export { ReferenceKernels } from './reference/reference-kernels.ts'
