/** `defineMeanLoss`: how losses are written that are a mean of something for each entry, each row or each sample. */
import {
  check,
  defineLoss,
  type Expectation,
  type Kernels,
  type NodeExample,
  type PortShape,
  type Shape,
  type Tensor,
  withRank,
} from '../../core/index.ts'

export interface LossOptions {
  /**
   * How the losses become one number: their mean; their mean weighted, Σ w l / Σ w, for weights that are a mask; or their sum.
   *
   * @default 'mean'
   */
  reduction?: 'mean' | 'weightedMean' | 'sum'
}

/** The options that all mean losses have, checked. */
export const lossConfig = ({ reduction = 'mean' }: LossOptions) => ({
  reduction: check.oneOf({ reduction }, ['mean', 'weightedMean', 'sum']),
})

type Reduction = ReturnType<typeof lossConfig>['reduction']
type Make = (...options: never[]) => { readonly reduction: Reduction }

interface Context {
  readonly kernels: Kernels
}

interface MeanLossSpec<M extends Make, In extends string> {
  readonly type: string
  readonly config: M
  /** @default ['prediction', 'target'] */
  readonly inputs?: readonly In[]
  /** Inputs that get no gradient. @default ['target'] */
  readonly fixed?: readonly NoInfer<In>[]
  readonly examples?: readonly NodeExample<Parameters<NoInfer<M>>[0], NoInfer<In>>[]
  readonly domain?: { readonly [Name in NoInfer<In>]?: readonly [number, number] }
  expects?(
    config: ReturnType<M>,
    inputs: Record<In, PortShape>,
  ): { readonly [Name in NoInfer<In>]?: Expectation | undefined }
  /** What there is a loss for: each entry (the usual case), each row along the last axis, or each sample. */
  readonly each?: 'entry' | 'row' | 'sample'
  /** Further checks of the inputs. By default they have the same shape. */
  demands?(inputs: Record<In, PortShape>, config: ReturnType<M>): void
  /** The losses, of which the loss is the mean. */
  loss(values: Record<In, Tensor>, config: ReturnType<M>, context: Context): Tensor
  /**
   * The derivative of the loss of an entry, a row or a sample in the prediction.
   *
   * @default what is derived from `loss`
   */
  slope?(values: Record<In, Tensor>, config: ReturnType<M>, context: Context): Tensor
}

/**
 * Defines a loss J = 1/n Σ w l, with a loss l for each of n entries, rows or samples, and with weights w where the last input is
 * given: [batch], or of as many axes as there are losses.
 */
export function defineMeanLoss<M extends Make, In extends string = 'prediction' | 'target'>(
  spec: MeanLossSpec<M, In>,
) {
  const { type, config, each = 'entry', examples = [{}], demands, slope } = spec
  const inputs = spec.inputs ?? (['prediction', 'target'] as unknown as readonly In[])
  const [first] = inputs as readonly [In]
  const fixed = spec.fixed ?? (['target'] as unknown as readonly In[])
  const unitsOf = <S extends PortShape>(shape: S) =>
    each === 'entry' ? shape : shape.slice(0, each === 'row' ? -1 : 1)
  const backward = slope && {
    // dp = w/n · slope
    backward(
      { loss: dJ }: { loss: Tensor },
      values: Record<In, Tensor> & { weight?: Tensor },
      options: ReturnType<M>,
      context: Context,
    ) {
      const { kernels: k } = context
      const { shape } = values[first]
      const units = unitsOf(shape) as Shape
      const share = k.mul(dJ, shareOf(units, values.weight, options.reduction, k))
      const spread = share.shape.length === 0 ? share : k.reshape(share, withRank(share.shape, shape.length))
      return { [first]: k.mul(spread, slope(values, options, context)) }
    },
  }
  return defineLoss({
    type,
    config,
    inputs,
    optional: ['weight'],
    nonDifferentiable: [...fixed, 'weight'],
    domain: { ...spec.domain, weight: [0.1, 2] },
    examples: [...examples, ...weighted(inputs, examples[0])],
    expects: (options: ReturnType<M>, given: Record<In, PortShape>) => ({
      ...spec.expects?.(options, given),
      weight: FROM_0,
    }),
    shapes(given: Record<In, PortShape> & { weight?: PortShape }, options: ReturnType<M>) {
      const { weight, ...named } = given
      if (demands) demands(given, options)
      else check.samePorts(named)
      if (each === 'row') check.lastAxis({ [first]: given[first] })
      if (weight) demandWeight(weight, unitsOf(given[first]))
      return { loss: [] }
    },
    // J = 1/n Σ w l
    forward(values: Record<In, Tensor> & { weight?: Tensor }, options: ReturnType<M>, context: Context) {
      const { kernels: k } = context
      const { weight } = values
      const losses = spec.loss(values, options, context)
      if (weight) return { loss: k.sum(k.mul(losses, shareOf(losses.shape, weight, options.reduction, k))) }
      return { loss: options.reduction === 'sum' ? k.sum(losses) : k.mean(losses) }
    },
    ...backward,
  } as never) as unknown as ReturnType<typeof defineLoss<In, M>>
}

/** How often something counts. */
const FROM_0: Expectation = [0, Number.POSITIVE_INFINITY]

/** An example with weights, of the same kind as another one. */
function weighted<In extends string>(
  inputs: readonly In[],
  { config, inputs: shapes }: Partial<NodeExample<unknown>> = {},
): readonly object[] {
  const given = shapes ?? Object.fromEntries(inputs.map(name => [name, [4, 6]]))
  return [{ ...(config !== undefined && { config }), inputs: { ...given, weight: [4] } }]
}

/** What each loss counts: w/n, or w/Σw. */
function shareOf(units: Shape, weight: Tensor | undefined, reduction: Reduction, k: Kernels): Tensor {
  const count = units.reduce((size, length) => size * length, 1)
  if (!weight) return k.fill([], reduction === 'sum' ? 1 : 1 / count)
  const w = k.reshape(weight, withRank(weight.shape, units.length))
  if (reduction === 'sum') return w
  if (reduction === 'mean') return k.scale(w, 1 / count)
  return k.div(w, k.maximum(k.sum(k.expand(w, units)), SMALLEST))
}

/** So that nothing is divided by 0 where all weights are 0. */
const SMALLEST = 1e-12

function demandWeight(weight: PortShape, units: PortShape): void {
  const own = withRank(weight, units.length)
  const fits =
    own.length <= units.length && own.every((length, axis) => length === 1 || length === units[axis])
  if (fits) return
  throw new Error(
    `a weight for each sample, or for each of the losses [${units.map(length => length ?? 'batch').join(', ')}]`,
  )
}
