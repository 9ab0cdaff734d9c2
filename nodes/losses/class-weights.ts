/** Weights of classes, for losses over classes. */
import { CheckFailed, type Kernels, type PortShape, show, type Tensor } from '../../core/index.ts'

/** A weight for each class in order, or for some classes by their number; the others count 1. */
export type ClassWeights = readonly number[] | Readonly<Record<number, number>>

/** Checks the option `classWeights`. */
export function checkedClassWeights(classWeights: ClassWeights): Readonly<Record<string, number>> {
  const entries = Object.entries(classWeights)
  const isWeight = ([name, weight]: [string, unknown]) =>
    /^\d+$/.test(name) && typeof weight === 'number' && Number.isFinite(weight) && weight >= 0
  if (typeof classWeights === 'object' && classWeights !== null && entries.every(isWeight))
    return Object.fromEntries(entries)
  throw new CheckFailed(
    'classWeights to be numbers from 0 up, in the order of the classes or by the number of the class',
    show(classWeights),
    { option: 'classWeights', hint: 'Write classWeights: [1, 5], or { 1: 5 } for class 1 alone.' },
  )
}

/** Checks that there is a class for each weight. */
export function demandClasses(classWeights: Readonly<Record<string, number>>, shape: PortShape): void {
  const classes = shape.at(-1) as number
  const unknown = Object.keys(classWeights).find(name => Number(name) >= classes)
  if (unknown === undefined) return
  throw new CheckFailed(
    `classWeights for the ${classes} classes 0 to ${classes - 1}`,
    `a weight for class ${unknown}`,
    {
      hint: 'Number the classes from 0, in the order of the columns.',
    },
  )
}

/** Targets times the weights of their classes. */
export function classWeighted(t: Tensor, classWeights: Readonly<Record<string, number>>, k: Kernels): Tensor {
  const others = Object.entries(classWeights).filter(([, weight]) => weight !== 1)
  if (others.length === 0) return t
  const classes = k.iota(t.shape.at(-1) as number)
  const weights = others.reduce(
    (all, [name, weight]) => k.where(k.equal(classes, Number(name)), weight, all),
    k.fill(classes.shape, 1),
  )
  return k.mul(t, weights)
}
