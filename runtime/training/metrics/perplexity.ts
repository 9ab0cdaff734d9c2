import type { Kernels, Tensor } from '../../../core/index.ts'
import { actualOf } from './classes.ts'
import { builtInMetric } from './define-metric.ts'

/** e to the power of the mean cross-entropy: among how many equal classes the prediction is as unsure. */
export const perplexity = builtInMetric({
  type: 'perplexity',
  expects: 'classes',
  sums: ['surprise', 'samples'],
  tally({ prediction, target }, _, { kernels: k, fromLogits }) {
    const classes = prediction.shape.at(-1) as number
    const logarithms =
      classes === 1 ? ofYes(prediction, target, fromLogits, k) : ofRows(prediction, fromLogits, k)
    const isRight = classes === 1 ? k.fill([], 1) : actualOf(target, prediction.shape, false, k)
    return { surprise: k.neg(k.where(isRight, logarithms, 0)), samples: prediction.size / classes }
  },
  result: ({ surprise, samples }) => Math.exp(surprise / samples),
})

/** The logarithms of probabilities, not below -100. */
const logOf = (p: Tensor, k: Kernels) => k.maximum(k.log(p), -100)

const ofRows = (x: Tensor, fromLogits: boolean, k: Kernels) => (fromLogits ? k.logSoftmax(x) : logOf(x, k))

/** The logarithm of the probability of what is true, where the prediction is that of the yes. */
function ofYes(x: Tensor, target: Tensor, fromLogits: boolean, k: Kernels): Tensor {
  const isYes = k.greater(target, 0.5)
  // ln sigmoid(z) = -softplus(-z), and ln (1 - sigmoid(z)) = -softplus(z)
  if (fromLogits) return k.neg(k.softplus(k.where(isYes, k.neg(x), x)))
  return logOf(k.where(isYes, x, k.oneMinus(x)), k)
}
