/** A metric: sums that kernels add up over many batches, and a figure computed from them when published. */
import type { Kernels, Numbers, Tensor } from '../../../core/index.ts'

export interface Metric {
  readonly name: string
  /**
   * What targets must be: `'classes'`, yes or no in one entry or a share for each class in several;
   * `'labels'`, yes or no in each entry. By default any numbers.
   */
  readonly asks?: 'classes' | 'labels'
  /** How many sums it keeps: always as many, or some for each class, which is an entry of the last axis. */
  readonly sums: number | ((classes: number) => number)
  /**
   * Adds a batch. `add(i, x)` adds the sum of x's entries to sum i. `addMoments(i, x)` adds them to the
   * moments in the sums i to i + 2, which stay precise for numbers close together.
   */
  tally(
    batch: MetricBatch,
    add: (sum: number, x: Tensor, weight?: number) => void,
    addMoments: (sum: number, x: Tensor) => void,
  ): void
  /** The figure computed from the sums. */
  result(sums: Numbers): number
}

export interface MetricBatch {
  readonly kernels: Kernels
  readonly prediction: Tensor
  readonly target: Tensor
  /** Whether predictions are logits. */
  readonly fromLogits: boolean
}
