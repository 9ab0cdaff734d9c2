/** Operands that do not fit are refused with an error of gradstream, whatever the kernels are written in. */
import { test } from 'vitest'
import type { Kernels, Tensor } from '../../../core/index.ts'
import { type Bed, refusesShape } from './bed.ts'

type Shaped = (...shape: number[]) => Tensor

const calls: Record<string, (k: Kernels, t: Shaped) => unknown> = {
  'addScaled with another shape': (k, t) => k.addScaled(t(2, 3), t(2), 1),
  'wherePositive with another shape': (k, t) => k.wherePositive(t(3), t(2), 0),
  'wherePositive with another second shape': (k, t) => k.wherePositive(t(3), 0, t(2, 1, 2)),
  'a tensor with too few values': k => k.tensor([3], [1, 2]),
  'a tensor with too many values': k => k.tensor([3], [1, 2, 3, 4]),
  'reshape to another size': (k, t) => k.reshape(t(2, 3), [5]),
  'slice beyond the end': (k, t) => k.slice(t(2, 3), 1, 2, 2),
  'slice before the beginning': (k, t) => k.slice(t(2, 3), 1, -1, 2),
  'slice of a negative length': (k, t) => k.slice(t(2, 3), 1, 2, -1),
  'slice of an axis that is not there': (k, t) => k.slice(t(2, 3), 2, 0, 1),
  'concatenate with another length beside the axis': (k, t) => k.concatenate([t(2, 3), t(3, 3)], 1),
  'concatenate with another number of axes': (k, t) => k.concatenate([t(2, 3), t(2, 3, 1)], 1),
  'concatenate along an axis that is not there': (k, t) => k.concatenate([t(2, 3), t(2, 3)], 2),
  'concatenate of nothing': k => k.concatenate([], 0),
  'addAll of different shapes': (k, t) => k.addAll([t(2, 3), t(3, 2)]),
  'addAll of nothing': k => k.addAll([]),
  'sumTo a shape that was not repeated': (k, t) => k.sumTo(t(2, 3), [2]),
  'sumTo a larger shape': (k, t) => k.sumTo(t(3), [2, 3]),
  'softmax of a scalar': (k, t) => k.softmax(t()),
  'logSoftmax of a scalar': (k, t) => k.logSoftmax(t()),
  'sumLastAxis of a scalar': (k, t) => k.sumLastAxis(t()),
  'windows along an axis that is not there': (k, t) =>
    k.windows(t(2, 3), { axes: [2], sizes: [1], strides: [1], dilations: [1] }),
  'windows that go on by nothing': (k, t) =>
    k.windows(t(2, 3), { axes: [1], sizes: [1], strides: [0], dilations: [1] }),
  'windows without a size': (k, t) =>
    k.windows(t(2, 3), { axes: [1], sizes: [], strides: [1], dilations: [1] }),
  'overlapAdd of other windows': (k, t) =>
    k.overlapAdd(t(2, 3), { axes: [0], sizes: [3], strides: [1], dilations: [1], lengths: [5] }),
  'cumulativeSum along an axis that is not there': (k, t) => k.cumulativeSum(t(2, 3), 2),
  'argSort of a scalar': (k, t) => k.argSort(t()),
  'gather along an axis that is not there': (k, t) => k.gather(t(2, 3), t(4), 2),
  'gather with other rows of indices': (k, t) => k.gather(t(2, 3), t(4, 1), 1, 1),
  'scatterAdd of another count': (k, t) => k.scatterAdd(t(2, 3), t(4), { length: 2 }),
  'iota of a part': k => k.iota(1.5),
  'argMaxLastAxis of a scalar': (k, t) => k.argMaxLastAxis(t()),
  'matMul of lengths that differ': (k, t) => k.matMul(t(2, 3), t(4, 5)),
  "matMul 'nt' of lengths that differ": (k, t) => k.matMul(t(2, 3), t(3, 4), 'nt'),
  "matMul 'tn' of lengths that differ": (k, t) => k.matMul(t(2, 3), t(3, 4), 'tn'),
  'matMul of a vector on the left': (k, t) => k.matMul(t(3), t(3, 4)),
  'matMul of a vector on the right': (k, t) => k.matMul(t(2, 3), t(3)),
  'affine with a bias of another length': (k, t) => k.affine(t(2, 3), t(3, 4), t(3)),
}

export function refusals(bed: Bed): void {
  const shaped: Shaped = (...shape) => bed.k.tensor(shape)

  test.each(Object.entries(calls))('%s', (_, call) => refusesShape(() => call(bed.k, shaped)))

  test.each(['add', 'sub', 'mul', 'div', 'equal'] as const)(
    '%s of shapes that cannot be combined',
    kernel => {
      for (const [a, b] of [
        [shaped(2, 3), shaped(2)],
        [shaped(2), shaped(2, 3)],
        [shaped(2, 3), shaped(3, 3)],
        [shaped(4, 2, 3), shaped(2, 2, 3)],
        [shaped(0, 3), shaped(2, 3)],
      ] as const) {
        refusesShape(() => bed.k[kernel](a, b))
      }
    },
  )
}
