/** Updates of parameters, on every length. */
import { expect, test } from 'vitest'
import { type MomentumSettings, sizeOf, type Tensor } from '../../../core/index.ts'
import { type Bed, refusesShape } from './bed.ts'
import { numbers, pool } from './plain.ts'
import { ROWS_OF_ALL_LENGTHS } from './shapes.ts'

const { NaN: nan, POSITIVE_INFINITY: inf } = Number

const settings: readonly MomentumSettings[] = [false, true].flatMap(nesterov =>
  [0, 0.9].flatMap(momentum =>
    [0, 0.25].map(weightDecay => ({ learningRate: 0.1, momentum, nesterov, weightDecay })),
  ),
)

export function updates(bed: Bed): void {
  test.each(settings)('sgdMomentum fits its formula for every length with %j', setting => {
    const { learningRate, momentum, nesterov, weightDecay } = setting
    for (const shape of ROWS_OF_ALL_LENGTHS) {
      bed.k.lend(bed.lease)
      const [value, gradient, velocity] = [1, 2, 3].map(seed =>
        bed.lent(shape, pool(sizeOf(shape), seed)),
      ) as Three
      const before = [value, gradient, velocity].map(numbers)
      const g = numbers(gradient).map((x, i) => x + weightDecay * (value.data[i] as number))
      const v = g.map((x, i) => momentum * (velocity.data[i] as number) + x)
      const directions = v.map((x, i) => (nesterov ? (g[i] as number) + momentum * x : x))
      const next = bed.k.sgdMomentum(value, gradient, velocity, setting)
      bed.expectNear(next.velocity, shape, v, `velocity [${shape}]`)
      const values = directions.map((x, i) => (value.data[i] as number) - learningRate * x)
      bed.expectNear(next.value, shape, values, `value [${shape}]`)
      expect([value, gradient, velocity].map(numbers), 'the operands are left alone').toEqual(before)
    }
  })

  test('sgdMomentum lets NaN and infinities of a gradient into their own entries alone', () => {
    const { k } = bed
    const setting = { learningRate: 0.5, momentum: 0.5, nesterov: false, weightDecay: 0 }
    const next = k.sgdMomentum(k.tensor([5]), k.tensor([5], [1, nan, inf, -inf, 2]), k.tensor([5]), setting)
    expect(numbers(next.velocity)).toEqual([1, nan, inf, -inf, 2])
    expect(numbers(next.value)).toEqual([-0.5, nan, -inf, inf, -1])
  })

  test('sgdMomentum refuses operands of different shapes', () => {
    const { k } = bed
    const [setting] = settings as [MomentumSettings]
    refusesShape(() => k.sgdMomentum(k.tensor([2, 3]), k.tensor([3]), k.tensor([2, 3]), setting))
    refusesShape(() => k.sgdMomentum(k.tensor([2, 3]), k.tensor([2, 3]), k.tensor([3, 2]), setting))
  })
}

type Three = [Tensor, Tensor, Tensor]
