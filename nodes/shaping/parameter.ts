import {
  check,
  defineNode,
  type NodeContext,
  type NodeFactory,
  type Port,
  type PortShape,
  type Tensor,
} from '../../core/index.ts'

export interface ParameterOptions {
  /**
   * Which parameter of the layer.
   *
   * @default 'kernel'
   */
  which?: string
}

type Make = (options?: ParameterOptions) => { readonly which: string }

/**
 * A parameter of the layer in front, as a value: `h.pipe(parameter({ which: 'bias' }))` is the bias of the layer whose output `h` is, without
 * a batch axis. What is computed with it trains it, too: with `h.pipe(parameter(), l2Regularization())` in the loss, its kernel stays small.
 */
export const parameter = defineNode({
  type: 'parameter',
  config: ({ which = 'kernel' }: ParameterOptions = {}) => ({ which: check.text({ which }) }),
  inputs: ['layer'],
  nonDifferentiable: ['layer'],
  outputs: ['parameter'],
  reads: ({ which }: ReturnType<Make>) => which,
  // What it reads is given to it under its own name, as the shape, the value and the gradient.
  shapes: (shapes: Record<string, PortShape>, { which }: ReturnType<Make>) => ({ parameter: shapes[which] }),
  forward: (values: Record<string, Tensor>, { which }: ReturnType<Make>, { kernels: k }: NodeContext) => ({
    parameter: k.copy(values[which] as Tensor),
  }),
  backward: ({ parameter: d }: Record<'parameter', Tensor>, _: unknown, { which }: ReturnType<Make>) => ({
    [which]: d,
  }),
} as never) as unknown as NodeFactory<Make, 'parameter', 'value', [Port]>
