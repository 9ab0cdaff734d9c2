import { CheckFailed, check, defineNode, type PortShape } from '../../core/index.ts'

export interface NormalizationOptions {
  /** The mean of each feature, as `moments` learns it from data. Required. */
  mean: readonly number[]
  /** The variance of each feature; one of 0 only centres. Required. */
  variance: readonly number[]
  /**
   * Whether numbers are brought back: y = x √variance + mean.
   *
   * @default false
   */
  invert?: boolean
}

/**
 * Numbers that had some mean and variance in the data, with mean 0 and variance 1: y = (x - mean) / √variance, feature by feature. Nothing of it is
 * trained; `moments` learns the two from data before training, and the graph keeps them.
 *
 * x [batch, ..., features], y alike.
 */
export const normalization = defineNode({
  type: 'normalization',
  config({ mean, variance, invert = false }: NormalizationOptions) {
    check.list({ mean }, 'of numbers, one for each feature, such as [0.5, 2]', Number.isFinite)
    check.list(
      { variance },
      'of non-negative numbers, one for each feature, such as [1, 4]',
      one => Number.isFinite(one) && one >= 0,
    )
    if (mean.length !== variance.length)
      throw new CheckFailed(`variance to have ${mean.length} numbers, as mean has`, String(variance.length), {
        option: 'variance',
      })
    return { mean: [...mean], variance: [...variance], invert: check.boolean({ invert }) }
  },
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { mean: [1, 2, -3], variance: [4, 0.25, 1] }, inputs: { x: [4, 3] } },
    { config: { mean: [0.5, 1], variance: [2, 0], invert: true }, inputs: { x: [2, 3, 2] } },
  ],
  shapes({ x }, { mean }) {
    demandFeatures(x, mean.length)
    return { y: x }
  },
  // Numbers that stay as they are.
  state: (_, { mean, variance }) => ({
    centre: { shape: [mean.length], initializer: () => mean },
    deviation: { shape: [variance.length], initializer: () => deviations(variance) },
  }),
  forward({ x, centre, deviation }, { invert }, { kernels: k }) {
    return { y: invert ? k.add(k.mul(x, deviation), centre) : k.div(k.sub(x, centre), deviation) }
  },
  // dx = dy / √variance, or dy √variance
  backward({ y: dy }, { deviation }, { invert }, { kernels: k }) {
    return { x: invert ? k.mul(dy, deviation) : k.div(dy, deviation) }
  },
})

/** A feature that is constant in the data is only centred. */
const deviations = (variance: readonly number[]) => variance.map(one => (one === 0 ? 1 : Math.sqrt(one)))

function demandFeatures(x: PortShape, features: number): void {
  if (check.lastAxis({ x }) === features) return
  throw new CheckFailed(`"x" to have ${features} features, as mean has`, String(x.at(-1)))
}
