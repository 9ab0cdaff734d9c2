/** An exponential moving average over steps. */

export interface Means {
  /** The last step of each part. */
  readonly steps: readonly number[]
  readonly values: readonly number[]
}

/** How many windows back a point still counts: earlier points make up less than a hundredth of the average. */
export const REACH = 5

/**
 * Averages over the last `window` steps, by means of parts: s := d s + (1 - d) m with d = exp(-steps /
 * window), divided by the same average of ones, so that it does not start at 0. A mean stands for all steps
 * of its part, so thinning does not change the result.
 */
export function smoothed({ steps, values }: Means, window: number): Means {
  let [sum, weight] = [0, 0]
  let end = 2 * (steps[0] ?? 0) - (steps[1] ?? (steps[0] ?? 0) + 1)
  const averages = values.map((value, i) => {
    const decay = window > 0 ? Math.exp((end - (steps[i] as number)) / window) : 0
    end = steps[i] as number
    sum = decay * sum + (1 - decay) * value
    weight = decay * weight + (1 - decay)
    return weight > 0 ? sum / weight : value
  })
  return { steps, values: averages }
}

/** Joins the means before a range with those in it, so that the average does not restart at the range. */
export function continued(before: Means | undefined, means: Means): Means {
  const [first] = means.steps
  if (!before || first === undefined) return means
  const count = before.steps.findIndex(step => step >= first)
  const kept = count < 0 ? before.steps.length : count
  return {
    steps: [...before.steps.slice(0, kept), ...means.steps],
    values: [...before.values.slice(0, kept), ...means.values],
  }
}
