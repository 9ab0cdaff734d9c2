/** What is measured apart. It is built with the doors, and nobody else can import it. */
export { RunFolder } from '#run-folder'
export { RandomKey } from '../core/index.ts'
export { createKernels } from '../kernels/index.ts'
export { catalogue } from '../nodes/index.ts'
export { engineOf } from '../runtime/engine/model.ts'
export { RunRecorder } from '../runtime/runs/run-recorder.ts'
export { serveRuns } from '../runtime/runs-page/serve-runs.ts'
export { latestIn } from '../runtime/training/latest-checkpoint.ts'
