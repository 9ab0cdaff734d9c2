/** The factories of all nodes, by their names: what people write. */
export { input } from '../core/index.ts'
export * from './activations/index.ts'
export * from './layers/index.ts'
export * from './losses/index.ts'
export * from './mathematics/index.ts'
export * from './merge/index.ts'
export * from './optimizers/index.ts'
export * from './shaping/index.ts'
