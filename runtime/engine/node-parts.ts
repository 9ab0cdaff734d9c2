/** What the two halves of a live node share. */
import type {
  NodeContext,
  NodeDefinition,
  PortShape,
  ResolvedNode,
  Tensor,
  Tensors,
  Wire,
} from '../../core/index.ts'
import type { Versioned } from './versioned.ts'

/** An output of a live node: its values, and the gradient that its consumers send back. */
export interface LiveOutput {
  readonly name: string
  readonly shape: PortShape
  readonly forward: Wire
  readonly backward: Wire
}

export interface NodeParts {
  readonly id: string
  readonly resolved: ResolvedNode
  readonly definition: NodeDefinition
  readonly outputs: readonly LiveOutput[]
  readonly parameters: readonly (readonly [name: string, parameter: { readonly used: Tensor }])[]
  readonly state: Versioned | undefined
  readonly context: NodeContext
  /** What backward is given: inputs, parameters and state, outputs and saved values. */
  readonly values: Tensors
  /** Whether its values are checked for NaN and infinities in each step. */
  readonly watched: boolean
}
