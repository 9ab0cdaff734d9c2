/** The built-in metrics, under one name: `metric.fBeta({ beta: 2 })` gives plain data for `metrics: [...]`. */
export { accuracy } from './accuracy.ts'
export { binaryAccuracy } from './binary-accuracy.ts'
export { confusionMatrix } from './confusion-matrix.ts'
export { cosineSimilarity } from './cosine-similarity.ts'
export { cohenKappa, f1, fBeta, matthews, meanIoU, precision, recall, specificity } from './counts.ts'
export { auc, sensitivityAtSpecificity, specificityAtSensitivity } from './curves.ts'
export {
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  rootMeanSquaredError,
} from './errors.ts'
export { pearson } from './pearson.ts'
export { perplexity } from './perplexity.ts'
export { r2 } from './r2.ts'
export { top5Accuracy, topKAccuracy } from './top-k-accuracy.ts'
