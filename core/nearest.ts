/** "Did you mean ...?" */

/**
 * The name that was probably meant: one that differs only in case, one that starts with what was written, or
 * the closest one, with at most about a third of the letters changed.
 */
export function nearest(given: unknown, names: Iterable<string>): string | undefined {
  if (typeof given !== 'string' || given === '' || given.length > 60) return undefined
  const own = given.toLowerCase()
  let best: string | undefined
  let least = Math.min(3, Math.floor((given.length + 1) / 3)) + 0.5
  let seen = 0
  for (const name of names) {
    if (++seen > 1000) break
    const other = name.toLowerCase()
    const begins = own.length > 1 && other.startsWith(own)
    const changes = own === other ? 0 : begins ? 0.4 : distance(own, other, least)
    if (changes >= least) continue
    best = name
    least = changes
  }
  return best
}

/** Options and metrics of other frameworks, and what to write here instead. */
const ELSEWHERE: ReadonlyMap<unknown, string> = new Map([
  ['activation', 'An activation is a separate node: x.pipe(dense({ units: 3 }), relu()).'],
  [
    'optimizer',
    'An optimizer is a node of the graph: graph({ prediction, loss, update: loss.pipe(sgd()) }).',
  ],
  ...['kernelRegularizer', 'biasRegularizer', 'recurrentRegularizer', 'embeddingsRegularizer'].map(
    name =>
      [name, 'Add the penalty to the loss: add()(loss, h.pipe(parameter(), l2Regularization())).'] as const,
  ),
  ...['kernelConstraint', 'biasConstraint', 'recurrentConstraint', 'embeddingsConstraint'].map(
    name =>
      [
        name,
        "A constraint stands behind the optimizer: loss.pipe(sgd(), maxNorm({ parameters: ['dense1.kernel'] })).",
      ] as const,
  ),
  ['useEma', 'An average stands behind the optimizer: loss.pipe(sgd(), exponentialMovingAverage()).'],
  [
    'activityRegularizer',
    'Add the penalty to the loss: add()(loss, activityRegularization({ l2: 0.01 })(h)).',
  ],
  ['loss', 'A loss is a node of the graph: meanSquaredError()(prediction, target).'],
  ['learningRate', 'The optimizer takes it: loss.pipe(sgd({ learningRate: 0.1 })).'],
  ['momentum', 'The optimizer takes it: loss.pipe(sgd({ momentum: 0.9 })).'],
  ['sep', "Write delimiter: csv(path, { delimiter: ';' })."],
  ['test', 'Write validation: split({ validation: 0.2 }).'],
  ['mae', "Write 'meanAbsoluteError'."],
  ['mse', 'The loss is reported without a metric, as metrics.loss.'],
  ['rmse', "Write 'rootMeanSquaredError'."],
  ['mape', "Write 'meanAbsolutePercentageError'."],
  ['msle', "Write 'meanSquaredLogarithmicError'."],
  ['f1Score', "Write 'f1'."],
  ['fbetaScore', "Write { metric: 'fBeta', beta: 2 }."],
  ['rocAuc', "Write 'auc'."],
  ['averagePrecision', "Write { metric: 'auc', curve: 'pr' }."],
  ['balancedAccuracy', "Write 'recall': its mean over the classes is the balanced accuracy."],
  ['categoricalAccuracy', "Write 'accuracy'."],
  ['sparseCategoricalAccuracy', "Write 'accuracy'."],
  ['topKCategoricalAccuracy', "Write { metric: 'topKAccuracy', k: 5 }."],
  ['jaccard', "Write 'meanIoU'."],
  ['mcc', "Write 'matthews'."],
  ['lr', 'Write learningRate: sgd({ learningRate: 0.1 }).'],
  ['inputShape', "The shape belongs to the input: input({ name: 'x', shape: [30] })."],
])

/** The hint `Did you mean "dense1"?`, or none if no name is close. */
export function didYouMean(given: unknown, names: Iterable<string>): { hint?: string } {
  const name = nearest(given, names)
  const hint = name === undefined ? ELSEWHERE.get(given) : `Did you mean "${name}"?`
  return hint === undefined ? {} : { hint }
}

/** The same for names that the user chose, such as columns, where an option of another framework means nothing. */
export function didYouMeanName(given: unknown, names: Iterable<string>): { hint?: string } {
  const name = nearest(given, names)
  return name === undefined ? {} : { hint: `Did you mean "${name}"?` }
}

/** How many letters to insert, delete or replace (Levenshtein, 1966). */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
