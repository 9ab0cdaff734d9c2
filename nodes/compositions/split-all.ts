import { check, checkedAt, type Port } from '../../core/index.ts'
import { split } from '../shaping/split.ts'

export interface SplitAllOptions {
  /** Into how many equal parts. Required. */
  parts: number
  /**
   * The axis, counted from the end where it is negative; 0 is the batch and cannot be cut.
   *
   * @default -1
   */
  axis?: number
}

/**
 * All of several equal parts of x along an axis, each a `split`.
 *
 * @throws GradstreamError `INVALID_OPTION`
 * @example const [a, b] = splitAll({ parts: 2 })(x)
 */
export function splitAll(options: SplitAllOptions): (x: Port) => Port[] {
  const { parts, axis } = checkedAt('splitAll', 'INVALID_OPTION', () => {
    const { parts, axis = -1 } = check.options(options, ['parts', 'axis'])
    return { parts: check.positiveInteger({ parts }), axis: check.integer({ axis }) }
  })
  return x => Array.from({ length: parts }, (_, part) => split({ parts, part, axis })(x))
}
