/** Empty batches: every kernel takes them, and gives empty results, sums of 0, and means that are NaN. */
import { describe, test } from 'vitest'
import { type Kernels, RandomKey, type Shape, sizeOf, type Tensor } from '../../../core/index.ts'
import type { Bed } from './bed.ts'

type Call = (k: Kernels, x: Tensor) => Tensor

/** Results of the shape of their operand. */
const alike: Record<string, Call> = {
  copy: (k, x) => k.copy(x),
  fill: (k, x) => k.fill(x.shape, 1),
  add: (k, x) => k.add(x, x),
  'add of a scalar': (k, x) => k.add(x, k.fill([], 1)),
  'div by one number each row': (k, x) => k.div(x, k.fill(x.shape.with(-1, 1), 2)),
  equal: (k, x) => k.equal(x, x),
  addScaled: (k, x) => k.addScaled(x, x, 2),
  wherePositive: (k, x) => k.wherePositive(x, x, 0),
  scale: (k, x) => k.scale(x, 2),
  maximum: (k, x) => k.maximum(x, 2),
  exp: (k, x) => k.exp(x),
  expm1: (k, x) => k.expm1(x),
  log: (k, x) => k.log(x),
  tanh: (k, x) => k.tanh(x),
  sigmoid: (k, x) => k.sigmoid(x),
  softplus: (k, x) => k.softplus(x),
  softmax: (k, x) => k.softmax(x),
  logSoftmax: (k, x) => k.logSoftmax(x),
  addAll: (k, x) => k.addAll([x, x]),
  sumTo: (k, x) => k.sumTo(x, x.shape),
  concatenate: (k, x) => k.concatenate([x], 0),
  slice: (k, x) => k.slice(x, 0, 0, x.shape[0] as number),
  pow: (k, x) => k.pow(x, 2),
  sin: (k, x) => k.sin(x),
  windows: (k, x) => k.windows(x, { axes: [], sizes: [], strides: [], dilations: [] }),
  cumulativeSum: (k, x) => k.cumulativeSum(x, 0),
  argSort: (k, x) => k.argSort(x),
  sort: (k, x) => k.sort(x),
  gather: (k, x) => k.gather(x, k.iota(x.shape[0] as number)),
  uniform: (k, x) => k.uniform(x.shape, RandomKey.of(1)),
  normal: (k, x) => k.normal(x.shape, RandomKey.of(1)),
}

const means: Record<string, Call> = {
  mean: (k, x) => k.mean(x),
  'mean of squares': (k, x) => k.mean(k.square(x)),
}

export function empty(bed: Bed): void {
  describe.each<Shape>([[0], [0, 3], [0, 5, 3], [5, 0, 3]])('of shape [%s]', (...shape) => {
    test('results of their shape are empty', () => {
      for (const [name, call] of Object.entries(alike)) {
        bed.expectNear(call(bed.k, bed.k.tensor(shape)), shape, [], name)
      }
    })

    test('there is nothing to take a mean of', () => {
      for (const [name, call] of Object.entries(means)) {
        bed.expectNear(call(bed.k, bed.k.tensor(shape)), [], [Number.NaN], name)
      }
    })

    test('sums over them are 0, in memory that was used before', () => {
      const { k, lease } = bed
      const x = k.tensor(shape)
      for (const small of [[], [1], shape.slice(-1), shape.with(-1, 1), shape.with(0, 1)]) {
        k.lend(lease)
        for (let i = 0; i < 8; i++) k.fill([8], 7)
        k.lend(lease)
        if (small.length > shape.length) continue
        bed.expectNear(k.sumTo(x, small), small, new Array(sizeOf(small)).fill(0), `[${small}]`)
      }
    })
  })

  test('rows without entries sum to 0, in memory that was used before', () => {
    const { k, lease } = bed
    k.fill([4, 1], 7)
    k.lend(lease)
    bed.expectNear(k.sumLastAxis(k.tensor([4, 0])), [4, 1], [0, 0, 0, 0])
    bed.expectNear(k.softmax(k.tensor([4, 0])), [4, 0], [])
    bed.expectNear(k.logSoftmax(k.tensor([4, 0])), [4, 0], [])
  })
}
