/** What constraints on norms have in common. */
import {
  CheckFailed,
  check,
  type Kernels,
  type Shape,
  show,
  showShape,
  type Tensor,
} from '../../core/index.ts'

export interface AxisOptions {
  /**
   * The axis, or the axes, that a vector lies along: 0 for the weights into each unit of `dense`, [0, 1, 2] for each filter of `conv2d`.
   *
   * @default 0
   */
  axis?: number | readonly number[]
}

/** The axis or axes, checked. */
export function checkedAxis({ axis }: Required<AxisOptions>): number | readonly number[] {
  if (!Array.isArray(axis)) return check.integer({ axis: axis as number })
  const isAxis = (entry: number) => Number.isSafeInteger(entry)
  if (new Set(axis).size === axis.length && axis.length > 0) return check.list({ axis }, 'of axes', isAxis)
  throw new CheckFailed('axis to name axes, each once', show(axis), { option: 'axis' })
}

type Axis = ReturnType<typeof checkedAxis>

const axesOf = (axis: Axis, { length }: Shape): number[] =>
  [axis].flat().map(each => ((each as number) < 0 ? (each as number) + length : (each as number)))

/** What a link says that takes vectors along some axes: kernels by themselves, and what has one axis where it is named. */
export const alongAxes = {
  takes: (parameter: Shape): boolean => parameter.length > 1,
  demands(parameter: Shape, { axis }: { readonly axis: Axis }): void {
    const axes = axesOf(axis, parameter)
    const isThere = axes.every(each => parameter[each] !== undefined) && new Set(axes).size === axes.length
    if (isThere) return
    throw new CheckFailed(`different axes of ${showShape(parameter)}`, `axis: ${[axis].flat().join(', ')}`, {
      hint: 'Choose another axis, or name the { parameters } that it is for.',
    })
  },
}

/** So that nothing is divided by 0, as in Keras. */
const EPSILON = 1e-7

/** Each vector with the length that `wanted` makes of its own: w · wanted(|w|) / (ε + |w|). */
export function withNorms(
  k: Kernels,
  w: Tensor,
  axis: Axis,
  wanted: (norms: Tensor) => Tensor | number,
): Tensor {
  const axes = axesOf(axis, w.shape)
  const norms = k.keepAxes(k.sqrt(k.sum(k.square(w), axes)), w.shape, axes)
  return k.mul(w, k.div(wanted(norms), k.add(norms, EPSILON)))
}
