/** Standardization of an input: what was learned from the training data, kept with the model. */
import type { Numbers } from '../../core/index.ts'

/** Mean and standard deviation of each feature along the last axis. */
export interface Scaling {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

/** x := (x - mean) / deviation, in place, with the features along the last axis. */
export function standardize(data: Numbers, { mean, deviation }: Scaling): void {
  const features = mean.length
  for (let i = 0; i < data.length; i++) {
    data[i] = ((data[i] as number) - (mean[i % features] as number)) / (deviation[i % features] as number)
  }
}
