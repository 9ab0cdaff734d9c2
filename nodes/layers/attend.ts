/** Attention: for each query, a mean of values, weighted by how well their keys fit. */
import { check, type Kernels, type NodeContext, type PortShape, type Tensor } from '../../core/index.ts'

export interface AttendOptions {
  /**
   * Whether no query looks at a value behind its own place.
   *
   * @default false
   */
  useCausalMask?: boolean
  /**
   * The share of the weights that is left out in training, in [0, 1).
   *
   * @default 0
   */
  dropout?: number
}

/** The options, checked. */
export const attendConfig = ({ useCausalMask = false, dropout = 0 }: AttendOptions) => ({
  useCausalMask: check.boolean({ useCausalMask }),
  dropout: check.fraction({ dropout }),
})

export interface Masks {
  /** 1 where there is a value, 0 where there is none: [batch, values]. */
  readonly mask: Tensor | undefined
  /** Whether no query looks at a value behind its own place. */
  readonly useCausalMask: boolean
}

/** What is taken for a score that must not count. */
const NEVER = -1e9

/** The weights of the values, which sum to 1 for each query. scores: [batch, ..., queries, values]. */
export function weightsOf(scores: Tensor, { mask, useCausalMask }: Masks, k: Kernels): Tensor {
  const [queries = 0, values = 0] = scores.shape.slice(-2)
  let allowed = scores
  if (mask) {
    const shape = [mask.shape[0] as number, ...scores.shape.slice(1, -1).map(() => 1), values]
    allowed = k.where(k.reshape(mask, shape), allowed, NEVER)
  }
  if (useCausalMask) {
    const isBefore = k.less(
      k.reshape(k.iota(values), [1, values]),
      k.addScalar(k.reshape(k.iota(queries), [queries, 1]), 1),
    )
    allowed = k.where(isBefore, allowed, NEVER)
  }
  return k.softmax(allowed)
}

/** For each query the mean of the values, from its scores: [batch, queries, values] and [batch, values, size] to [batch, queries, size]. */
export function attended(
  scores: Tensor,
  { value, mask }: { readonly value: Tensor; readonly mask?: Tensor | undefined },
  { useCausalMask, dropout }: Required<AttendOptions>,
  context: Pick<NodeContext, 'kernels' | 'mode' | 'random'>,
): Tensor {
  const { kernels: k } = context
  const weights = droppedOut(weightsOf(scores, { mask, useCausalMask }, k), dropout, context)
  return k.contract(weights, value, { batch: [[0, 0]], sum: [[2, 1]] })
}

/** Weights of which some are left out in training, and the others scaled up. */
export function droppedOut(
  weights: Tensor,
  rate: number,
  { kernels: k, mode, random }: Pick<NodeContext, 'kernels' | 'mode' | 'random'>,
): Tensor {
  if (rate === 0 || mode !== 'train') return weights
  return k.mul(weights, k.scale(k.bernoulli(weights.shape, 1 - rate, random), 1 / (1 - rate)))
}

/** Checks the inputs of an attention: [batch, places, features] each. */
export function demandSequences(
  query: PortShape,
  value: PortShape,
  { key = value, mask }: { readonly key?: PortShape | undefined; readonly mask?: PortShape | undefined },
): void {
  for (const [name, shape] of Object.entries({ query, value, key }))
    if (shape.length !== 3)
      throw new Error(`${name} has the axes [batch, places, features], and not ${shape.length}`)
  if (key[1] !== value[1]) throw new Error(`there are ${key[1]} keys for ${value[1]} values`)
  if (mask && (mask.length !== 2 || mask[1] !== value[1]))
    throw new Error(`the mask has one number for each of the ${value[1]} values: [batch, ${value[1]}]`)
}

interface Sequences {
  readonly query: PortShape
  readonly value: PortShape
  readonly key?: PortShape | undefined
  readonly mask?: PortShape | undefined
}

/** The shape of y for queries and keys that are compared feature by feature. */
export function attendedShape({ query, value, key = value, mask }: Sequences): PortShape {
  demandSequences(query, value, { key, mask })
  if (query[2] !== key[2]) throw new Error(`queries have ${query[2]} features, and keys ${key[2]}`)
  return [...query.slice(0, 2), value[2] ?? null]
}
