/** What predictions are worth: counts and scores of classes, curves over all thresholds, errors of numbers. */

/** Of one class, or the average of all. */
export interface Scores {
  /** Which share of what is predicted to be of the class is: 0 if nothing is. */
  readonly precision: number
  /** Which share of what is of the class is predicted to be: 0 if nothing is. */
  readonly recall: number
  /** Their harmonic mean. */
  readonly f1: number
}

/** How many samples of each class (rows) are predicted to be of each (columns). Leaves out -1, which is no class. */
export function confusionOf(
  actual: readonly number[],
  predicted: readonly number[],
  classes: number,
): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  actual.forEach((row, i) => {
    const cells = counts[row]
    const column = predicted[i] ?? -1
    if (cells?.[column] !== undefined) cells[column]++
  })
  return counts
}

/** The scores of each class of a confusion matrix. */
export const scoresOf = (counts: readonly (readonly number[])[]): Scores[] =>
  counts.map((row, i) => {
    const right = row[i] as number
    const precision = ratio(right, sum(counts.map(other => other[i] as number)))
    const recall = ratio(right, sum(row))
    return { precision, recall, f1: ratio(2 * precision * recall, precision + recall) }
  })

/** The mean over the classes, each of which counts the same. */
export function macroOf(scores: readonly Scores[]): Scores {
  const mean = (of: keyof Scores) => ratio(sum(scores.map(score => score[of])), scores.length)
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') }
}

/** The `most` classes of a confusion matrix with the most mistakes, in their order; all if there are no more. */
export function mistakenOf(counts: readonly (readonly number[])[], most: number): number[] {
  const all = counts.map((_, i) => i)
  if (all.length <= most) return all
  const right = (i: number) => at(counts[i] as number[], i)
  const missed = (i: number) => sum(counts[i] as number[]) - right(i)
  const taken = new Array<number>(all.length).fill(0)
  for (const row of counts) for (const [j, value] of row.entries()) taken[j] = at(taken, j) + value
  const mistakes = (i: number) => missed(i) + at(taken, i) - right(i)
  const order = all.map(i => [i, mistakes(i)] as const).sort(([, a], [, b]) => b - a)
  return order
    .slice(0, most)
    .map(([i]) => i)
    .sort((a, b) => a - b)
}

export interface Calibration {
  readonly bins: readonly {
    readonly from: number
    readonly to: number
    readonly count: number
    /** The mean probability of its samples, and the share of them that it came true for; NaN if there are none. */
    readonly confidence: number
    readonly share: number
  }[]
  /** The expected calibration error: Σ count · |share - confidence| / Σ count. */
  readonly error: number
}

/**
 * How often what has some probability comes true, in bins of equal width. Guo, Pleiss, Sun and Weinberger, "On calibration of modern
 * neural networks" (ICML 2017). A probability on an edge belongs to the bin below.
 */
export function calibrationOf(
  probabilities: readonly number[],
  cameTrue: readonly boolean[],
  count = 10,
): Calibration {
  const sums = Array.from({ length: count }, () => ({ count: 0, probability: 0, true: 0 }))
  probabilities.forEach((probability, i) => {
    const bin = sums[Math.min(Math.max(Math.ceil(probability * count) - 1, 0), count - 1)]
    if (!bin) return
    bin.count++
    bin.probability += probability
    if (cameTrue[i]) bin.true++
  })
  const bins = sums.map((bin, i) => ({
    from: i / count,
    to: (i + 1) / count,
    count: bin.count,
    confidence: bin.probability / bin.count,
    share: bin.true / bin.count,
  }))
  const gaps = bins.map(bin => (bin.count > 0 ? bin.count * Math.abs(bin.share - bin.confidence) : 0))
  return { bins, error: sum(gaps) / sum(bins.map(bin => bin.count)) }
}

export interface Curve {
  /** Horizontal and vertical, both from 0 to 1. */
  readonly points: readonly (readonly [x: number, y: number])[]
  readonly area: number
  /** Where the threshold is that decides a class. */
  readonly decision: readonly [x: number, y: number]
}

export interface Curves {
  /** Recall over the share of false alarms, and the area under it by trapezoids. */
  readonly roc: Curve
  /** Precision over recall, in steps; the area is the average precision, Σ (recall - recall before) · precision. */
  readonly precisionRecall: Curve
}

/**
 * Both curves of a yes-or-no question, from the probability of yes of each sample. Undefined where all samples are of one class, since
 * then one of the shares is of nothing.
 */
export function curvesOf(
  probabilities: readonly number[],
  isYes: readonly boolean[],
  deciding = 0.5,
): Curves | undefined {
  const order = probabilities.map((_, i) => i).sort((a, b) => at(probabilities, b) - at(probabilities, a))
  const yes = isYes.filter(Boolean).length
  const no = isYes.length - yes
  if (yes === 0 || no === 0) return undefined
  const roc: [number, number][] = [[0, 0]]
  const precisionRecall: [number, number][] = []
  let [right, wrong, area, average] = [0, 0, 0, 0]
  let decision = { roc: [0, 0] as const, precisionRecall: [0, 1] as const } as Record<
    keyof Curves,
    readonly [number, number]
  >
  for (let i = 0; i < order.length; ) {
    const threshold = at(probabilities, order[i] as number)
    const [x, y] = roc.at(-1) as [number, number]
    // Samples with the same probability are told apart by no threshold.
    for (; i < order.length && at(probabilities, order[i] as number) === threshold; i++) {
      if (isYes[order[i] as number]) right++
      else wrong++
    }
    const [recall, precision] = [right / yes, right / (right + wrong)]
    roc.push([wrong / no, recall])
    precisionRecall.push([recall, precision])
    area += ((wrong / no - x) * (recall + y)) / 2
    average += (recall - y) * precision
    if (threshold > deciding) decision = { roc: [wrong / no, recall], precisionRecall: [recall, precision] }
  }
  return {
    roc: { points: roc, area, decision: decision.roc },
    precisionRecall: { points: precisionRecall, area: average, decision: decision.precisionRecall },
  }
}

export interface Errors {
  /** 1 - Σ (target - prediction)² / Σ (target - mean)²; NaN where all targets are alike. */
  readonly r2: number
  readonly meanAbsoluteError: number
}

/** Of pairs of a target and a prediction. */
export function errorsOf(pairs: readonly (readonly [target: number, prediction: number])[]): Errors {
  const mean = sum(pairs.map(([target]) => target)) / pairs.length
  const squares = sum(pairs.map(([target, prediction]) => (target - prediction) ** 2))
  const spread = sum(pairs.map(([target]) => (target - mean) ** 2))
  return {
    r2: spread > 0 ? 1 - squares / spread : Number.NaN,
    meanAbsoluteError: sum(pairs.map(([target, prediction]) => Math.abs(target - prediction))) / pairs.length,
  }
}

const at = (values: readonly number[], i: number) => values[i] as number
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : 0)
