/** What is predicted and what is true, class by class. */
import type { Kernels, Shape, Tensor } from '../../../core/index.ts'

/** The number of the right class, with length 1 along the last axis: that of the largest entry, or what stands there. */
export function classesOf(target: Tensor, prediction: Shape, k: Kernels): Tensor {
  const hasRows = target.shape.length === prediction.length
  if (hasRows && target.shape.at(-1) === prediction.at(-1)) return k.argMaxLastAxis(target)
  return hasRows ? target : k.reshape(target, [...target.shape, 1])
}

/** 1 in the place of the right class, else 0; or yes or no in each entry. */
export function actualOf(target: Tensor, prediction: Shape, isEntryByEntry: boolean, k: Kernels): Tensor {
  if (isEntryByEntry) return k.greater(target, 0.5)
  return k.equal(classesOf(target, prediction, k), k.iota(prediction.at(-1) ?? 1))
}
