/** Standardization of an input, learned from the training data and kept with the model. */
import type { Numbers, Tensor } from '../../core/index.ts'

/** Mean and standard deviation of each feature along the last axis. */
export interface Scaling {
  readonly mean: readonly number[]
  /** Above 0; 1 for a constant feature, which is only centred. */
  readonly deviation: readonly number[]
}

/** x := (x - mean) / deviation, in place, with features along the last axis. */
export function standardize(data: Numbers, { mean, deviation }: Scaling): void {
  const features = mean.length
  for (let i = 0; i < data.length; i++) {
    data[i] = ((data[i] as number) - (mean[i % features] as number)) / (deviation[i % features] as number)
  }
}

/** y := y · deviation + mean, in place: back to the units of the data. */
export function unstandardize(data: Numbers, { mean, deviation }: Scaling): void {
  const features = mean.length
  for (let i = 0; i < data.length; i++) {
    data[i] = (data[i] as number) * (deviation[i % features] as number) + (mean[i % features] as number)
  }
}

/** What was learned from a column. */
export interface Fitted {
  readonly scaling: Scaling
  /** Which features are constant. */
  readonly isConstant: readonly boolean[]
}

/**
 * If the values of a feature differ by less than this, relative to their size, they are one number with
 * rounding errors.
 */
const CONSTANT = { float32: 2 ** -21, float64: 2 ** -50 } as const

/** Which features are constant. `source` holds the original numbers, whose precision sets the tolerance. */
function constantFeatures({ data, shape }: Tensor, source: Numbers): boolean[] {
  const features = shape.at(-1) ?? 1
  const least = Array.from(data.subarray(0, features))
  const most = [...least]
  for (let i = 0; i < data.length; i++) {
    const feature = i % features
    const value = data[i] as number
    if (value < (least[feature] as number)) least[feature] = value
    if (value > (most[feature] as number)) most[feature] = value
  }
  const limit = source instanceof Float64Array ? CONSTANT.float64 : CONSTANT.float32
  return least.map((low, feature) => {
    const high = most[feature] as number
    return high - low <= limit * Math.max(Math.abs(low), Math.abs(high))
  })
}

/**
 * Mean and deviation of each feature, in two passes relative to the first sample, so that a large offset
 * costs no digits. A constant feature has the deviation 1; those that are not to be scaled also have the mean 0.
 */
export function fitted(column: Tensor, source: Numbers, isScaled?: readonly boolean[]): Fitted {
  const { data, shape } = column
  const features = shape.at(-1) ?? 1
  const count = data.length / features
  const origin = data.slice(0, features)
  const shift = new Float64Array(features)
  const squares = new Float64Array(features)
  for (let i = 0; i < data.length; i++) {
    const feature = i % features
    shift[feature] = (shift[feature] as number) + ((data[i] as number) - (origin[feature] as number)) / count
  }
  for (let i = 0; i < data.length; i++) {
    const feature = i % features
    const distance = (data[i] as number) - (origin[feature] as number) - (shift[feature] as number)
    squares[feature] = (squares[feature] as number) + distance ** 2 / count
  }
  const isLeft = (feature: number) => isScaled?.[feature] === false
  const isConstant = constantFeatures(column, source).map((is, feature) => is && !isLeft(feature))
  const mean = Array.from(shift, (value, feature) =>
    isLeft(feature) ? 0 : (origin[feature] as number) + value,
  )
  const deviation = Array.from(squares, (square, feature) =>
    isConstant[feature] || isLeft(feature) ? 1 : Math.sqrt(square) || 1,
  )
  return { scaling: { mean, deviation }, isConstant }
}
