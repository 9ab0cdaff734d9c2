/** What a person has probably written wrong where the function of a node throws a TypeError. */
import { didYouMean, Functions, listOf, show } from '../../core/index.ts'
import type { Fireable } from './queue.ts'

const KERNELS = Object.getOwnPropertyNames(Functions.prototype).filter(name => name !== 'constructor')

/** Names of the same operations in NumPy, PyTorch and TensorFlow. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  argmax: 'argMaxLastAxis',
  concat: 'concatenate',
  divide: 'div',
  dot: 'matMul',
  matmul: 'matMul',
  mm: 'matMul',
  multiply: 'mul',
  negative: 'neg',
  power: 'pow',
  subtract: 'sub',
  transpose: 'permute',
}

/** A hint for a kernel that does not exist, and for a name that nothing was given under; none for what is no TypeError. */
export function slipIn(error: unknown, unit: Fireable | undefined): { hint?: string } {
  if (!(error instanceof TypeError)) return {}
  const message = show(error)
  const [, called = ''] = message.match(/\.(\w+) is not a function/) ?? []
  if (KERNELS.includes(called))
    return { hint: 'The kernels are in the last argument: forward({ x }, config, { kernels: k }).' }
  if (called !== '') {
    const kernel = ELSEWHERE[called.toLowerCase()]
    const near = kernel === undefined ? didYouMean(called, KERNELS).hint : `Did you mean "${kernel}"?`
    return { hint: near ?? 'docs/custom-nodes.md lists the kernels.' }
  }
  if (unit?.readable === undefined || !/undefined/.test(message)) return {}
  const { tensors, config } = unit.readable
  return {
    hint: `It may have read a name that there is not: it is given ${listOf(tensors)}, and its config has ${listOf(config)}. No parameter has changed.`,
  }
}
