/** Losses and their gradients, on every row length and where they are extreme. */
import { describe, expect, test } from 'vitest'
import { type Kernels, type Shape, sizeOf, type Tensor } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { nodeFormulas } from './formulas.ts'
import {
  cut,
  numbers,
  plainLogSoftmax,
  plainSigmoid,
  plainSoftmax,
  plainSoftplus,
  plainSum,
  pool,
} from './plain.ts'
import { ROWS_OF_ALL_LENGTHS } from './shapes.ts'

const { NaN: nan, POSITIVE_INFINITY: inf } = Number
type List = readonly number[]

/** Numbers in (0, 1). */
const shares = (count: number, seed: number) => pool(count, seed).map(x => 0.01 + (x + 2) * 0.24)

interface LossPair {
  loss(k: Kernels, p: Tensor, t: Tensor): Tensor
  gradient(k: Kernels, dJ: Tensor, p: Tensor, t: Tensor): Tensor
  /** What a row adds to the sum, and the slope of its entries. */
  value(p: List, t: List): number
  slope(p: List, t: List): List
  /** Whether the mean is one of rows, or of all entries. */
  readonly byRow: boolean
  readonly logits: boolean
  /** Prediction, target, the loss of that one entry, and its slope, for a mean of one. */
  readonly extremes: readonly (readonly [p: List, t: List, loss: number, slope: List])[]
}

const entries = (f: (p: number, t: number) => number) => (p: List, t: List) =>
  p.map((x, i) => f(x, t[i] as number))
const sums = (f: (p: number, t: number) => number) => (p: List, t: List) => plainSum(entries(f)(p, t))
const log = (p: number) => Math.max(Math.log(p), -100)

/** A loss and its gradient. */
function lossOf(type: string, options?: object): Pick<LossPair, 'loss' | 'gradient'> {
  const { forward, backward } = nodeFormulas(type, options)
  return {
    loss: (k, prediction, target) => forward(k, { prediction, target }).loss as Tensor,
    gradient: (k, dJ, prediction, target) =>
      backward(k, { loss: dJ }, { prediction, target, smoothed: target }).prediction as Tensor,
  }
}

const table: Record<string, LossPair> = {
  squaredError: {
    ...lossOf('meanSquaredError'),
    value: sums((p, t) => (p - t) ** 2),
    slope: entries((p, t) => 2 * (p - t)),
    byRow: false,
    logits: true,
    extremes: [
      [[1e15], [0], 1e30, [2e15]],
      [[inf], [1], inf, [inf]],
      [[inf], [inf], nan, [nan]],
    ],
  },
  binaryCrossentropy: {
    ...lossOf('binaryCrossentropy'),
    value: sums((p, t) => -(t * log(p) + (1 - t) * log(1 - p))),
    slope: entries((p, t) => (p - t) / Math.max(p * (1 - p), 1e-12)),
    byRow: false,
    logits: false,
    extremes: [
      [[0], [1], 100, [-1e12]],
      [[1], [0], 100, [1e12]],
      [[0], [0], 0, [0]],
      [[1], [1], 0, [0]],
      [[0], [0.25], 25, [-0.25e12]],
      [[1e-30], [1], 30 * Math.LN10, [-1e12]],
      [[-0.5], [1], nan, [-1.5e12]],
    ],
  },
  sigmoidCrossentropy: {
    ...lossOf('binaryCrossentropy', { fromLogits: true }),
    value: sums((z, t) => plainSoftplus(z) - z * t),
    slope: entries((z, t) => plainSigmoid(z) - t),
    byRow: false,
    logits: true,
    extremes: [
      [[1e4], [0], 1e4, [1]],
      [[1e4], [1], 0, [0]],
      [[-1e4], [1], 1e4, [-1]],
      [[-1e4], [0], 0, [0]],
      [[-1e30], [1], 1e30, [-1]],
      [[0], [0.5], Math.LN2, [0]],
    ],
  },
  categoricalCrossentropy: {
    ...lossOf('categoricalCrossentropy'),
    value: sums((p, t) => -t * log(p)),
    slope: entries((p, t) => -t / Math.max(p, 1e-12)),
    byRow: true,
    logits: false,
    extremes: [
      [[0, 1], [1, 0], 100, [-1e12, 0]],
      [[0, 1], [0, 1], 0, [0, -1]],
      [[0, 0], [0.5, 0.5], 100, [-0.5e12, -0.5e12]],
      [[1e-30, 1], [1, 0], 30 * Math.LN10, [-1e12, 0]],
    ],
  },
  softmaxCrossentropy: {
    ...lossOf('categoricalCrossentropy', { fromLogits: true }),
    value: (z, t) => -plainSum(plainLogSoftmax(z).map((logarithm, i) => (t[i] as number) * logarithm)),
    slope: (z, t) => plainSoftmax(z).map((share, i) => share * plainSum(t) - (t[i] as number)),
    byRow: true,
    logits: true,
    extremes: [
      [[1e4, 0], [1, 0], 0, [0, 0]],
      [[1e4, 0], [0, 1], 1e4, [1, -1]],
      [[-1e4, -1e4], [1, 0], Math.LN2, [-0.5, 0.5]],
      [[1e30, -1e30], [0, 1], 2e30, [1, -1]],
    ],
  },
}

export function losses(bed: Bed): void {
  describe.each(Object.entries(table))('%s', (_, kernel) => {
    const { loss, gradient, value, slope, byRow, logits, extremes } = kernel
    const predictions = (count: number) => (logits ? pool(count, 1) : shares(count, 1))
    const operands = (shape: Shape) =>
      [bed.lent(shape, predictions(sizeOf(shape))), bed.lent(shape, shares(sizeOf(shape), 2))] as const

    /** Both formulas on the numbers that the operands hold. */
    const expected = (p: Tensor, t: Tensor, dJ: number) => {
      const length = p.shape.at(-1) ?? 1
      const [rows, targets] = [cut(numbers(p), length), cut(numbers(t), length)]
      const count = byRow ? rows.length : p.size
      const total = plainSum(rows.map((row, i) => value(row, targets[i] as List)))
      const slopes = rows.flatMap((row, i) => slope(row, targets[i] as List))
      return { total: total / count, slopes: slopes.map(x => (x * dJ) / count) }
    }

    test('the loss and its gradient fit their formulas for every row length', () => {
      for (const shape of ROWS_OF_ALL_LENGTHS) {
        bed.k.lend(bed.lease)
        const [p, t] = operands(shape)
        const { total, slopes } = expected(p, t, -0.75)
        bed.expectNear(loss(bed.k, p, t), [], [total], `[${shape}]`)
        bed.expectNear(gradient(bed.k, bed.k.fill([], -0.75), p, t), shape, slopes, `[${shape}]`)
      }
    })

    test('they fold leading axes into the rows, and leave their operands alone', () => {
      const [p, t] = operands([3, 2, 5])
      const before = [numbers(p), numbers(t)]
      const { total, slopes } = expected(p, t, 1)
      bed.expectNear(loss(bed.k, p, t), [], [total])
      bed.expectNear(gradient(bed.k, bed.k.fill([], 1), p, t), [3, 2, 5], slopes)
      expect([numbers(p), numbers(t)]).toEqual(before)
    })

    test.each(extremes)('%j with the target %j loses %s', (p, t, total, slopes) => {
      const { k } = bed
      const shape = [1, p.length]
      const [prediction, target] = [k.tensor(shape, p), k.tensor(shape, t)]
      bed.expectNear(loss(k, prediction, target), [], [total])
      bed.expectNear(gradient(k, k.tensor([], [1]), prediction, target), shape, slopes)
    })

    test('NaN goes through, from the prediction and from the target', () => {
      const { k } = bed
      const [good, bad] = [
        [0.25, 0.5, 0.75, 0.5, 0.25],
        [0.25, 0.5, 0.75, nan, 0.25],
      ]
      for (const [p, t] of [
        [good, bad],
        [bad, good],
      ] as const) {
        const [prediction, target] = [k.tensor([1, 5], p), k.tensor([1, 5], t)]
        expect(loss(k, prediction, target).item()).toBeNaN()
        const slopes = gradient(k, k.tensor([], [1]), prediction, target)
        expect(slopes.data[3]).toBeNaN()
        if (kernel !== table.softmaxCrossentropy) expect(numbers(slopes).filter(Number.isNaN)).toHaveLength(1)
      }
    })
  })
}
