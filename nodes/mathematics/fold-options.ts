import { check } from '../../core/index.ts'
import { type Axes, checkedAxes } from '../axes.ts'

export interface FoldOptions {
  /**
   * The axis, or several, that are folded into one number; counted from the end where negative. 0 is the batch and stays.
   *
   * @default null, for all but the batch
   */
  axis?: Axes
  /**
   * Whether folded axes stay, with length 1.
   *
   * @default false
   */
  keepDims?: boolean
}

/** The options of nodes that fold, checked. */
export const foldConfig = ({ axis = null, keepDims = false }: FoldOptions) => ({
  axis: checkedAxes(axis),
  keepDims: check.boolean({ keepDims }),
})
