/** What a metric is to a run: its definition, and what may be asked of every metric. */
import type { Config, Kernels, Tensor } from '../../../core/index.ts'

/** What every metric takes besides its own options. */
export interface MetricOptions {
  /**
   * The name of its figure.
   *
   * @default that of the metric, as in `f1`; with several losses, or for two ports, the loss or the prediction before it: `head.f1`
   */
  readonly name?: string
  /**
   * What is measured: an output of the graph by its name, or a node by its id.
   *
   * @default the prediction of each loss that has one
   */
  readonly prediction?: string
  /**
   * What it is compared with, an output or a node as well. Given together with `prediction`.
   *
   * @default the target of the loss
   */
  readonly target?: string
  /**
   * Whether predictions are logits.
   *
   * @default what the loss says; false for two ports
   */
  readonly fromLogits?: boolean
  /**
   * What each answer counts. `true` takes the weights of the loss, a name those of an output of the graph or of a node: one for each
   * sample, or for each row or entry of the prediction. With `false`, every answer counts once.
   *
   * @default what has the weight 0 in the loss, such as padding, is left out, and all else counts once; for two ports, every answer counts once
   */
  readonly weights?: boolean | string
}

/** What targets must be: yes or no or one class for each sample, or yes or no in each entry. */
export type MetricTargets = 'classes' | 'labels'

/** What `tally` gets besides values and config. */
export interface MetricContext {
  readonly kernels: Kernels
  /** Whether predictions are logits. */
  readonly fromLogits: boolean
  /**
   * What each row of the prediction counts, with length 1 along the last axis, or each of its entries; undefined if all count once.
   * Only a definition that says `weighted` has to look at it.
   */
  readonly weights?: Tensor
}

/** Of numbers over many batches: how many, their mean, and Σ (x - mean)². They keep their digits, however large they are. */
export interface MetricMoments {
  readonly count: number
  readonly mean: number
  readonly squares: number
}

/** A metric with its types forgotten, as a run holds it. */
export interface MetricDefinition {
  readonly type: string
  config(options?: object): Config
  expects(config: Config): MetricTargets | undefined
  readonly sums: readonly string[]
  columns(classes: number, config: Config): Readonly<Record<string, number>>
  readonly moments: readonly string[]
  readonly weighted: boolean
  tally(
    values: { readonly prediction: Tensor; readonly target: Tensor },
    config: Config,
    context: MetricContext,
  ): Readonly<Record<string, unknown>>
  figures(classes: readonly string[], config: Config): readonly string[] | undefined
  result(totals: Readonly<Record<string, unknown>>, config: Config): number | readonly number[]
}
