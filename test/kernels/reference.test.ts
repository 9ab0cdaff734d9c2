/** The reference kernels keep the contract, in both precisions. */
import { ReferenceKernels } from '../../kernels/index.ts'
import { kernelsContract } from './contract.ts'

kernelsContract('reference', {
  make: precision => new ReferenceKernels(precision),
  // Each tensor has an array of its own, and what is written beyond the end of an array is dropped.
  surroundings: () => () => undefined,
  isReference: true,
})
