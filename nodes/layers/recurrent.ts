/** What lstm, gru and simpleRnn have in common. */
import { check, type Kernels, type Tensor } from '../../core/index.ts'
import { checkedInitializer, type InitializerOption } from '../initializers/index.ts'
import type { LoopOptions } from './define-recurrent.ts'

export interface RecurrentOptions extends LoopOptions {
  /** The length of the rows that come out, and of the state. Required. */
  units: number
  /**
   * Whether a bias is added.
   *
   * @default true
   */
  useBias?: boolean
  /**
   * The first values of the kernel.
   *
   * @default 'glorotUniform'
   */
  kernelInitializer?: InitializerOption
  /**
   * The first values of the recurrent kernel.
   *
   * @default 'orthogonal'
   */
  recurrentInitializer?: InitializerOption
  /**
   * The first values of the bias.
   *
   * @default 'zeros'
   */
  biasInitializer?: InitializerOption
}

/** The options of the cell, checked. */
export const recurrentConfig = ({
  units,
  useBias = true,
  kernelInitializer = 'glorotUniform',
  recurrentInitializer = 'orthogonal',
  biasInitializer = 'zeros',
}: RecurrentOptions) => ({
  units: check.positiveInteger({ units }),
  useBias: check.boolean({ useBias }),
  kernelInitializer: checkedInitializer({ kernelInitializer }),
  recurrentInitializer: checkedInitializer({ recurrentInitializer }),
  biasInitializer: checkedInitializer({ biasInitializer }),
})

/** Equal parts of the last axis. */
export function parts(x: Tensor, count: number, k: Kernels): Tensor[] {
  const last = x.shape.length - 1
  const length = (x.shape[last] as number) / count
  return Array.from({ length: count }, (_, i) => k.slice(x, last, i * length, length))
}

/** x · kernel + bias for the whole sequence, where there is a bias. */
export const product = (x: Tensor, kernel: Tensor, bias: Tensor | undefined, k: Kernels): Tensor =>
  bias ? k.affine(x, kernel, bias) : k.matMul(x, kernel)
