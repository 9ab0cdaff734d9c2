/** The catalogue. */
import { input, type NodeDef } from '../core/index.ts'
import { elu } from './activations/elu.ts'
import { gelu } from './activations/gelu.ts'
import { leakyRelu } from './activations/leaky-relu.ts'
import { linear } from './activations/linear.ts'
import { relu } from './activations/relu.ts'
import { sigmoid } from './activations/sigmoid.ts'
import { silu } from './activations/silu.ts'
import { softmax } from './activations/softmax.ts'
import { softplus } from './activations/softplus.ts'
import { tanh } from './activations/tanh.ts'
import { batchNormalization } from './layers/batch-normalization.ts'
import { dense } from './layers/dense.ts'
import { dropout } from './layers/dropout.ts'
import { layerNormalization } from './layers/layer-normalization.ts'
import { binaryCrossentropy } from './losses/binary-crossentropy.ts'
import { categoricalCrossentropy } from './losses/categorical-crossentropy.ts'
import { huber } from './losses/huber.ts'
import { meanSquaredError } from './losses/mean-squared-error.ts'
import { add } from './merge/add.ts'
import { concatenate } from './merge/concatenate.ts'
import { multiply } from './merge/multiply.ts'
import { subtract } from './merge/subtract.ts'
import { adam } from './optimizers/adam.ts'
import { adamW } from './optimizers/adam-w.ts'
import { sgd } from './optimizers/sgd.ts'

export type { EluOptions } from './activations/elu.ts'
export type { GeluOptions } from './activations/gelu.ts'
export type { LeakyReluOptions } from './activations/leaky-relu.ts'
export { initializerOf } from './initializers/index.ts'
export type { BatchNormalizationOptions } from './layers/batch-normalization.ts'
export type { DenseOptions } from './layers/dense.ts'
export type { DropoutOptions } from './layers/dropout.ts'
export type { LayerNormalizationOptions } from './layers/layer-normalization.ts'
export type { BinaryCrossentropyOptions } from './losses/binary-crossentropy.ts'
export type { CategoricalCrossentropyOptions } from './losses/categorical-crossentropy.ts'
export type { HuberOptions } from './losses/huber.ts'
export type { ConcatenateOptions } from './merge/concatenate.ts'
export type { AdamOptions } from './optimizers/adam.ts'
export type { AdamWOptions } from './optimizers/adam-w.ts'
export type { SgdOptions } from './optimizers/sgd.ts'
export {
  adam,
  adamW,
  add,
  batchNormalization,
  binaryCrossentropy,
  categoricalCrossentropy,
  concatenate,
  dense,
  dropout,
  elu,
  gelu,
  huber,
  layerNormalization,
  leakyRelu,
  linear,
  meanSquaredError,
  multiply,
  relu,
  sgd,
  sigmoid,
  silu,
  softmax,
  softplus,
  subtract,
  tanh,
}

/** Every built-in node, in the order of the documentation; `compile` knows them without being told. */
export const catalogue: readonly NodeDef[] = [
  input,
  dense,
  dropout,
  layerNormalization,
  batchNormalization,
  linear,
  relu,
  leakyRelu,
  elu,
  gelu,
  silu,
  sigmoid,
  tanh,
  softplus,
  softmax,
  add,
  subtract,
  multiply,
  concatenate,
  meanSquaredError,
  binaryCrossentropy,
  categoricalCrossentropy,
  huber,
  sgd,
  adam,
  adamW,
]
