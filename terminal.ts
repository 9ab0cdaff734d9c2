/** The entry point for showing a run in a terminal: `import { showProgress } from 'gradstream/terminal'`. */
export { confusionMatrix } from './runtime/terminal/confusion-matrix.ts'
export { type LossCurveOptions, lossCurve } from './runtime/terminal/loss-curve.ts'
export type { Screen } from './runtime/terminal/screen.ts'
export { type ProgressOptions, showProgress } from './runtime/terminal/show-progress.ts'
