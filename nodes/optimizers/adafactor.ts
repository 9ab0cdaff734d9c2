import { check, defineOptimizer, type Kernels, type Tensor } from '../../core/index.ts'

export interface AdafactorOptions {
  /**
   * How far a step goes along the gradient.
   *
   * @default 0.01
   */
  learningRate?: number
  /**
   * The power of the step that new squares count with.
   *
   * @default -0.8
   */
  beta2Decay?: number
  /**
   * The largest root mean square of a step.
   *
   * @default 1
   */
  clipThreshold?: number
  /**
   * The share of a value that a step takes away, times the learning rate.
   *
   * @default 0
   */
  weightDecay?: number
}

/**
 * Adam without a mean of gradients, that remembers for a matrix only the mean of squares of each row and of each column. Shazeer and Stern
 * (2018).
 *
 * In step t, with a share of t^-0.8 for the new squares and their mean V: u = g / √V, cut to a root mean square of clipThreshold, then
 * value := value - max(10⁻³, rms(value)) min(α, 1/√t) u.
 */
export const adafactor = defineOptimizer({
  type: 'adafactor',
  config: ({
    learningRate = 0.01,
    beta2Decay = -0.8,
    clipThreshold = 1,
    weightDecay = 0,
  }: AdafactorOptions = {}) => ({
    learningRate: check.nonNegativeNumber({ learningRate }),
    beta2Decay: check.finiteNumber({ beta2Decay }),
    clipThreshold: check.positiveNumber({ clipThreshold }),
    weightDecay: check.nonNegativeNumber({ weightDecay }),
  }),
  slots: (_, shape) =>
    shape.length > 1
      ? {
          rows: { shape: shape.with(-1, 1), value: 0 },
          columns: { shape: shape.with(-2, 1), value: 0 },
          v: undefined,
        }
      : { rows: undefined, columns: undefined, v: 0 },
  update(
    { value, gradient: g, rows, columns, v },
    { learningRate, beta2Decay, clipThreshold, weightDecay },
    { kernels: k, iteration: t },
  ) {
    const share = k.exp(k.scale(k.log(t), beta2Decay))
    const toward = (mean: Tensor, squares: Tensor) => k.add(mean, k.mul(k.sub(squares, mean), share))
    const squares = k.square(g)
    const last = g.shape.length - 1
    const along = (axis: number) => k.keepAxes(k.mean(squares, [axis]), g.shape, [axis])
    const nextRows = rows && toward(rows, along(last))
    const nextColumns = columns && toward(columns, along(last - 1))
    const nextV = v && toward(v, squares)
    const variance = nextRows && nextColumns ? product(nextRows, nextColumns, k) : (nextV as Tensor)
    const step = k.div(g, k.sqrt(k.maximum(variance, SMALLEST ** 2)))
    const cut = k.div(step, k.maximum(k.scale(rms(step, k), 1 / clipThreshold), 1))
    const rate = k.minimum(learningRate, k.div(1, k.sqrt(t)))
    const length = k.mul(k.maximum(rms(value, k), LEAST), rate)
    return {
      value: k.sub(k.scale(value, 1 - learningRate * weightDecay), k.mul(cut, length)),
      ...{ rows: nextRows, columns: nextColumns, v: nextV },
    }
  },
})

/** The smallest root of a variance, and the least size that a parameter counts as having. */
const SMALLEST = 2 ** -23
const LEAST = 1e-3

const rms = (x: Tensor, k: Kernels) => k.sqrt(k.mean(k.square(x)))

/** The variance of each entry, from the means of its row and of its column. */
function product(rows: Tensor, columns: Tensor, k: Kernels): Tensor {
  const axis = rows.shape.length - 2
  const whole = k.keepAxes(k.mean(rows, [axis]), rows.shape, [axis])
  return k.div(k.mul(rows, columns), k.maximum(whole, SMALLEST))
}
