import { check, defineLink } from '../../core/index.ts'

export interface AccumulateOptions {
  /** How many steps are put together. Required. */
  steps: number
}

/**
 * Updates parameters only every `steps` steps, with the mean of the gradients since: as one step with a batch that is so many times larger,
 * in the memory of a small one. Each step counts the same, also one with a short last batch. Links in front of it change the gradients of each step,
 * links behind it the mean: `loss.pipe(accumulate({ steps: 4 }), clipByGlobalNorm(), adam())` clips what adam gets.
 */
export const accumulate = defineLink({
  type: 'accumulate',
  config: ({ steps }: AccumulateOptions) => ({ steps: check.positiveInteger({ steps }) }),
  examples: [{ config: { steps: 4 } }],
  gradients: gradients => gradients,
  every: ({ steps }) => steps,
})
