/** What a metric is: sums that kernels add up over many batches, and a figure made of them when it is published. */
import type { Kernels, Numbers, Tensor } from '../../../core/index.ts'

export interface Metric {
  readonly name: string
  /**
   * What it asks of targets: `'classes'`, yes or no in one entry or a share of each class in several; `'labels'`, yes or no
   * in each entry. Any numbers do where it asks for nothing.
   */
  readonly asks?: 'classes' | 'labels'
  /** How many sums it keeps. */
  readonly sums: number
  /**
   * Adds a batch; `add(i, x)` adds the sum of x's entries to sum i, and `addMoments(i, x)` adds them to the moments that
   * stand in the sums i to i + 2, which keep the digits of numbers that lie close together.
   */
  tally(
    batch: MetricBatch,
    add: (sum: number, x: Tensor, weight?: number) => void,
    addMoments: (sum: number, x: Tensor) => void,
  ): void
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
