import {
  block,
  CheckFailed,
  check,
  checkedAt,
  GradstreamError,
  type Port,
  show,
  thingOf,
} from '../../core/index.ts'
import { add } from '../merge/add.ts'
import { average } from '../merge/average.ts'
import { concatenate } from '../merge/concatenate.ts'
import { multiply } from '../merge/multiply.ts'
import { reverse } from '../shaping/reverse.ts'

export interface BidirectionalOptions {
  /**
   * How the two results become one.
   *
   * @default 'concat'
   */
  mergeMode?: 'concat' | 'sum' | 'multiply' | 'average'
}

type Recurrent = (options: never) => (x: Port, ...more: Port[]) => unknown

const MERGES = { concat: concatenate, sum: add, multiply, average } as const

/**
 * A recurrent layer that reads a sequence in both directions, as a block: two layers with parameters of their own, whose results are
 * joined place by place. Further inputs, such as a mask or a first state, go to both.
 *
 * @param factory `lstm`, `gru`, `simpleRnn`, or one of your own with the option `goBackwards`
 * @param options those of the layer
 * @throws GradstreamError `INVALID_OPTION`, `INVALID_CONFIG`
 * @example const y = x.pipe(bidirectional(lstm, { units: 32, returnSequences: true })) // [batch, time, 64]
 */
export function bidirectional<Factory extends Recurrent>(
  factory: Factory,
  options: Parameters<Factory>[0],
  merging: BidirectionalOptions = {},
): (x: Port, ...more: Port[]) => Port {
  const { own, mergeMode } = checkedAt('bidirectional', 'INVALID_OPTION', () => {
    check.callable({ factory })
    const made = thingOf(factory)
    if (made?.kind === 'node function')
      throw new CheckFailed('the layer and its options apart', made.words, {
        hint: `Write ${made.code?.replace(/^(\w+)\((.*)\)$/, 'bidirectional($1, $2)')}.`,
      })
    const own: { readonly returnSequences?: boolean; readonly goBackwards?: boolean } = check.options(
      options as object,
    )
    const { mergeMode = 'concat' } = check.options(merging, ['mergeMode'])
    return { own, mergeMode: check.oneOf({ mergeMode }, ['concat', 'sum', 'multiply', 'average']) }
  })
  const layer = (goBackwards: boolean) => factory({ ...own, returnState: false, goBackwards } as never)
  // A wrong option is an error here, where it is written.
  checkedAt('bidirectional', 'INVALID_OPTION', () => {
    try {
      layer(false)
    } catch (cause) {
      if (cause instanceof GradstreamError) throw cause
      throw new CheckFailed('a layer that is made of its options, such as lstm', `"${show(cause)}" from it`)
    }
  })
  const [first, second] = own.goBackwards ? [true, false] : [false, true]
  return block('bidirectional', (x: Port, ...more: Port[]) => {
    // Each result in the order of x.
    const [one, other] = [first, second].map(goBackwards => {
      const y = layer(goBackwards)(x, ...more) as Port
      return goBackwards && own.returnSequences ? reverse({ axis: 1 })(y) : y
    }) as [Port, Port]
    return MERGES[mergeMode]()(one, other) as Port
  })
}
