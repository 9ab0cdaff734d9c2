/** What live nodes, parameters and optimizers stand on. */
import type { Kernels, NodeDefinition, RandomKey, Tensor, WireHost } from '../../core/index.ts'
import type { Fireable, Queue } from './queue.ts'

/** The engine, as its parts see it. */
export interface Stage extends WireHost {
  readonly kernels: Kernels
  readonly queue: Queue
  /** The number of the step, as kernels read it. */
  readonly iteration: Tensor
  /** Whether nodes compute with averages of parameters, where there are some. */
  readonly averages: boolean
  /** The key of a node's random numbers, of which it takes another in each step. */
  keyOf(id: string): RandomKey
  /** Whether a node with that definition and id is checked for values that are not finite. */
  watches(definition: NodeDefinition, id: string): boolean
  /** Fails the step if an entry is not finite; `unit`, `what` and `name` say in the error where the tensor is from. */
  demandFinite(tensor: Tensor, unit: Fireable, what: string, name: string): void
  /** Somebody asks for what is another in each step: no two are alike. */
  varies(): void
  /** Something has changed that a step depends on, such as a hyper-parameter. */
  changed(): void
  /** Does what is left of a pass that is done in pieces: something is about to change from the next one on. */
  finish(): void
  /** Makes sure that nothing is under way: values are about to be given from outside. */
  begin(): void
  /** A parameter has been given other values. */
  assigned(): void
}
