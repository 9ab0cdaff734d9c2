/** The formulas of nodes, as kernels compute them. */
import type {
  Config,
  Kernels,
  NodeContext,
  NodeDefinition,
  OptimizerDefinition,
  Tensor,
  Tensors,
} from '../../../core/index.ts'
import { catalogue } from '../../../nodes/index.ts'

const definitionOf = (type: string) =>
  catalogue.find(({ definition }) => definition.type === type)?.definition

const contextOf = (kernels: Kernels) =>
  ({ kernels, mode: 'train', step: 1, needs: {} }) as unknown as NodeContext

/** What a node makes of its inputs, and the gradients that it passes back. */
export function nodeFormulas(type: string, options: object = {}) {
  const definition = definitionOf(type) as NodeDefinition
  const config = definition.config(options)
  return {
    forward: (kernels: Kernels, inputs: Tensors): Tensors =>
      definition.forward(inputs, config, contextOf(kernels)),
    backward: (kernels: Kernels, gradients: Tensors, values: Tensors): Tensors =>
      definition.backward(gradients, values, config, contextOf(kernels)) as Tensors,
  }
}

export interface SgdSettings {
  readonly learningRate: number
  readonly momentum: number
  readonly nesterov: boolean
  readonly weightDecay: number
}

/** What sgd makes of a value, and of its velocity if it has one. */
export function sgdOf(
  kernels: Kernels,
  values: Tensors,
  settings: Partial<SgdSettings>,
): Record<string, Tensor> {
  const definition = definitionOf('sgd') as OptimizerDefinition
  const config = definition.config({ learningRate: 0.1, ...settings }) as Config
  return definition.update(values, config, { kernels, step: 1, iteration: kernels.fill([], 1) }) as Record<
    string,
    Tensor
  >
}
