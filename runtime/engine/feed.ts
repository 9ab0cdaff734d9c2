/** What goes into an input in one pass. */
import type { Tensor } from '../../core/index.ts'
import type { LiveNode } from './live-node.ts'

export interface Feed {
  readonly input: LiveNode
  readonly tensor: Tensor
}
