/** Figures of classes, and their averages. */
import { check } from '../../../core/index.ts'
import { share } from './share.ts'

/** How the figures of several classes become one, or `'none'` for one figure for each class. */
export type Average = 'macro' | 'micro' | 'weighted' | 'none'

export interface AverageOptions {
  /**
   * With several classes: `'macro'` is the mean over them; `'weighted'` the mean by how many samples are of each; `'micro'` the
   * figure of all of them counted together; `'none'` gives one for each class, `precision.setosa`.
   *
   * @default 'macro'
   */
  readonly average?: Average
  /**
   * Whether each entry is a yes-or-no question of its own, for samples with several labels at a time.
   *
   * @default false
   */
  readonly multiLabel?: boolean
}

export const averageConfig = ({ average = 'macro', multiLabel = false }: AverageOptions) => ({
  average: check.oneOf({ average }, ['macro', 'micro', 'weighted', 'none']),
  multiLabel: check.boolean({ multiLabel }),
})

/** The names of the figures, if there is one for each of several classes. */
export const figuresOf = (classes: readonly string[], { average }: { average: Average }) =>
  average === 'none' && classes.length > 1 ? classes : undefined

/** What targets must be. */
export const targetsOf = ({ multiLabel }: { multiLabel: boolean }) => (multiLabel ? 'labels' : 'classes')

/** How counts of classes give figures. */
interface Figures<Counts> {
  readonly figure: (counts: Counts) => number
  /** How many samples are of the class. */
  readonly support: (counts: Counts) => number
  /** The counts of all classes together. */
  readonly pooled: (all: readonly Counts[]) => Counts
}

/** The average of the figures of classes, or a list of them. A yes-or-no question has one class, the yes. */
export function averaged<Counts>(
  counts: readonly Counts[],
  average: Average,
  { figure, support, pooled }: Figures<Counts>,
): number | readonly number[] {
  const [only, ...others] = counts
  if (only === undefined || others.length === 0) return figure(only as Counts)
  const figures = () => counts.map(figure)
  switch (average) {
    case 'none':
      return figures()
    case 'micro':
      return figure(pooled(counts))
    case 'macro':
      return share(total(figures()), counts.length)
    case 'weighted': {
      const weights = counts.map(support)
      return share(total(figures().map((value, c) => value * (weights[c] as number))), total(weights))
    }
    default:
      return average satisfies never
  }
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
