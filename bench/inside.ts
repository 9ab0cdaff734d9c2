/** What is measured apart. It is built with the doors, and nobody else can import it. */
export { RandomKey } from '../core/index.ts'
export { createKernels } from '../kernels/index.ts'
export { catalogue } from '../nodes/index.ts'
export { engineOf } from '../runtime/engine/model.ts'
export { latestIn } from '../runtime/training/latest-checkpoint.ts'
