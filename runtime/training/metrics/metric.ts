/** What a metric is: sums that kernels add up over many batches, and a figure made of them when it is published. */
import type { Kernels, Numbers, Tensor } from '../../../core/index.ts'

export interface Metric {
  readonly name: string
  /** How many sums it keeps. */
  readonly sums: number
  /** Adds a batch; `add(i, x)` adds the sum of x's entries to sum i. */
  tally(batch: MetricBatch, add: (sum: number, x: Tensor, weight?: number) => void): void
  /** The figure. */
  result(sums: Numbers): number
}

export interface MetricBatch {
  readonly kernels: Kernels
  readonly prediction: Tensor
  readonly target: Tensor
  /** Whether predictions are logits. */
  readonly fromLogits: boolean
}
