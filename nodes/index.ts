/** The catalogue. A node joins it by its line in the list of its folder. */
import { input, type NodeDef } from '../core/index.ts'
import * as activations from './activations/index.ts'
import * as gradients from './gradients/index.ts'
import * as layers from './layers/index.ts'
import * as losses from './losses/index.ts'
import * as mathematics from './mathematics/index.ts'
import * as merge from './merge/index.ts'
import * as optimizers from './optimizers/index.ts'
import * as shaping from './shaping/index.ts'
import * as weights from './weights/index.ts'

export * from './factories.ts'
export { initializerOf } from './initializers/index.ts'
export * as initializer from './initializers/initializer.ts'

/** The built-in nodes by folder, in the order of the documentation; within a folder, by name. */
export const groups: Readonly<Record<string, readonly NodeDef[]>> = {
  layers: [input, ...Object.values(layers)],
  activations: Object.values(activations),
  merge: Object.values(merge),
  shaping: Object.values(shaping),
  mathematics: Object.values(mathematics),
  losses: Object.values(losses),
  gradients: Object.values(gradients),
  optimizers: Object.values(optimizers),
  weights: Object.values(weights),
}

/** Every built-in node; `compile` knows them without being told. */
export const catalogue: readonly NodeDef[] = Object.values(groups).flat()
