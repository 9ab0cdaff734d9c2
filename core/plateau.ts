/** `reduceOnPlateau`: a number that falls when a figure of the epochs stops improving. */
export interface ReduceOnPlateauOptions {
  /** The first number. Required. */
  readonly initial: number
  /**
   * The figure to watch, under its name in the metrics of an epoch: `'validationLoss'`, `'accuracy'`. `null` is the validation loss if
   * there are validation data, and otherwise the loss.
   *
   * @default null
   */
  readonly monitor?: string | null
  /**
   * Whether the figure should fall or rise. Required for a name that does not tell.
   *
   * @default 'max' for the metrics that rise, such as an accuracy; 'min' for losses and errors
   */
  readonly mode?: 'min' | 'max'
  /**
   * What is left of the number each time.
   *
   * @default 0.1
   */
  readonly factor?: number
  /**
   * How many epochs without an improvement to tolerate. The next one reduces the number.
   *
   * @default 10
   */
  readonly patience?: number
  /**
   * How much better than the best one a figure must be to count as an improvement, as a share of the best.
   *
   * @default 0.0001
   */
  readonly threshold?: number
  /**
   * How many epochs to wait after a reduction before counting again.
   *
   * @default 0
   */
  readonly cooldown?: number
  /**
   * The smallest number.
   *
   * @default 0
   */
  readonly minimum?: number
}

/** Where a plateau schedule stands after an epoch. */
export interface Plateau {
  readonly value: number
  /** The best figure so far. */
  readonly best: number
  /** How many epochs have passed without an improvement. */
  readonly bad: number
  /** How many epochs of the cooldown are left. */
  readonly cooling: number
}

/** A plateau schedule before the first epoch. */
export const plateauOf = ({ initial, mode }: Required<ReduceOnPlateauOptions>): Plateau => ({
  value: initial,
  best: mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
  bad: 0,
  cooling: 0,
})

/** Where it stands after one more epoch with that figure; as `torch.optim.lr_scheduler.ReduceLROnPlateau` counts. */
export function plateauAfter(
  { mode, threshold, patience, cooldown, factor, minimum }: Required<ReduceOnPlateauOptions>,
  { value, best, bad, cooling }: Plateau,
  figure: number,
): Plateau {
  const isBetter = mode === 'min' ? figure < best * (1 - threshold) : figure > best * (1 + threshold)
  const counted = isBetter || cooling > 0 ? 0 : bad + 1
  const isReduced = counted > patience
  return {
    value: isReduced ? Math.max(value * factor, minimum) : value,
    best: isBetter ? figure : best,
    bad: isReduced ? 0 : counted,
    cooling: isReduced ? cooldown : Math.max(cooling - 1, 0),
  }
}
