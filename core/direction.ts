/** Whether a figure of an epoch should fall or rise. */
import { CheckFailed, oneOf } from './checks.ts'

export type Direction = 'min' | 'max'

/** What figures are called that should rise. */
const RISES = [
  ...['accuracy', 'binaryAccuracy', 'topKAccuracy', 'top5Accuracy', 'auc', 'f1', 'fBeta', 'precision'],
  ...['recall', 'specificity', 'sensitivityAtSpecificity', 'specificityAtSensitivity', 'cohenKappa'],
  ...['matthews', 'meanIoU', 'r2', 'pearson', 'cosineSimilarity'],
]
/** Losses, under the names of their nodes, and metrics of errors: what figures are called that should fall. */
const FALLS = /loss$|error$|crossentropy$|hinge$|regularization$/i
const FALLING = [
  ...['contrastive', 'ctc', 'dice', 'huber', 'klDivergence', 'logCosh', 'perplexity', 'poisson', 'quantile'],
  ...['triplet', 'tversky'],
]

/** The direction of a figure: the one that is given, or the one that its name tells. */
export function directionOf(monitor: string, mode: Direction | undefined): Direction {
  if (mode !== undefined) return oneOf({ mode }, ['min', 'max'])
  const known = usualDirection(monitor)
  if (known !== undefined) return known
  throw new CheckFailed('mode to be "min" or "max"', `nothing, and "${monitor}" may be either`, {
    hint: "Write mode: 'max' if the figure should rise, as an accuracy does, or mode: 'min' if it should fall, as a loss does.",
  })
}

/** What the name of a figure tells: `validationF1`, `head.r2` and `precision.setosa` rise, `meanSquaredError2` falls. */
export function usualDirection(figure: string): Direction | undefined {
  const told = new Set(figure.split('.').map(ofPart))
  told.delete(undefined)
  const [direction] = told
  return told.size === 1 ? direction : undefined
}

function ofPart(part: string): Direction | undefined {
  const name = part.replace(/^validation(?=[A-Z])/, '')
  const own = `${name[0]?.toLowerCase() ?? ''}${name.slice(1)}`
  if (RISES.includes(own)) return 'max'
  // The name of a node ends in its number. A similarity that is a loss is the negative of the metric.
  const loss = own.replace(/\d+$/, '')
  const isLoss = FALLING.includes(loss) || (loss !== own && loss === 'cosineSimilarity')
  return isLoss || FALLS.test(loss) ? 'min' : undefined
}
