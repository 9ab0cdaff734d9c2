/** Updates of parameters, on every length. */
import { describe, expect, test } from 'vitest'
import { type Kernels, type MomentumSettings, sizeOf, type Tensor } from '../../../core/index.ts'
import { type Bed, refusesShape } from './bed.ts'
import { numbers, pool } from './plain.ts'
import { LENGTHS, ROWS_OF_ALL_LENGTHS } from './shapes.ts'

const { NaN: nan, POSITIVE_INFINITY: inf } = Number

const settings: readonly MomentumSettings[] = [false, true].flatMap(nesterov =>
  [0, 0.9].flatMap(momentum =>
    [0, 0.25, 1].map(weightDecay => ({ learningRate: 0.1, momentum, nesterov, weightDecay })),
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

  test.each([0, 0.25, 1])('sgd fits its formula for every length with a weight decay of %s', weightDecay => {
    for (const shape of ROWS_OF_ALL_LENGTHS) {
      bed.k.lend(bed.lease)
      const [value, gradient] = [1, 2].map(seed => bed.lent(shape, pool(sizeOf(shape), seed))) as Two
      const before = [value, gradient].map(numbers)
      const next = bed.k.sgd(value, gradient, { learningRate: 0.1, weightDecay })
      const expected = numbers(value).map(
        (w, i) => w - 0.1 * ((gradient.data[i] as number) + weightDecay * w),
      )
      bed.expectNear(next, shape, expected, `[${shape}]`)
      expect([value, gradient].map(numbers), 'the operands are left alone').toEqual(before)
    }
  })

  describe('what is not finite', () => {
    type Make = (k: Kernels, value: Tensor, gradient: Tensor, other: Tensor) => readonly Tensor[]
    const makers: Readonly<Record<string, Make>> = {
      sgd: (k, value, gradient) => [k.sgd(value, gradient, { learningRate: 1, weightDecay: 0 })],
      'sgd with weight decay': (k, value, gradient) => [
        k.sgd(value, gradient, { learningRate: 1, weightDecay: 0.1 }),
      ],
      sgdMomentum: (k, value, gradient, velocity) => {
        const [setting] = settings as [MomentumSettings]
        const next = k.sgdMomentum(value, gradient, velocity, setting)
        return [next.value, next.velocity]
      },
      'any other kernel': (k, value, gradient) => [k.addScaled(value, gradient, -1)],
      'no kernel': (_, __, gradient) => [gradient],
    }

    test.each(Object.entries(makers))('is noted wherever it stands, made by %s', (_, make) => {
      const { k } = bed
      for (const length of LENGTHS) {
        k.lend(bed.lease)
        const [value, gradient, other] = [1, 2, 3].map(seed =>
          bed.lent([length], pool(length, seed)),
        ) as Three
        const check = () => {
          const inner = k.lease()
          k.lend(inner)
          for (const made of make(k, value, gradient, other)) k.checkFinite(made)
          k.free(inner)
          return k.foundNonFinite()
        }
        expect(check(), `finite, [${length}]`).toBe(false)
        for (const place of [0, length >> 1, length - 1]) {
          const { data } = gradient
          const kept = data[place] as number
          data[place] = [nan, inf, -inf][length % 3] as number
          expect(check(), `${data[place]} at ${place} of [${length}]`).toBe(true)
          data[place] = kept
        }
        expect(check(), `finite again, [${length}]`).toBe(false)
      }
    })

    test('is noted where finite numbers overflow', () => {
      const { k } = bed
      const huge = bed.precision === 'float64' ? 1.7e308 : 3.3e38
      const [value, gradient] = [k.tensor([3], [1, huge, 1]), k.tensor([3], [1, -huge, 1])]
      k.checkFinite(k.sgd(value, gradient, { learningRate: 1, weightDecay: 0 }))
      expect(k.foundNonFinite()).toBe(true)
    })

    test('is looked at again in a tensor that another kernel has written since', () => {
      const { k, lease } = bed
      const [value, gradient] = [k.tensor([5], pool(5)), k.tensor([5], [1, 2, nan, 4, 5])]
      k.lend(lease)
      const made = k.sgd(value, value, { learningRate: 1, weightDecay: 0 })
      k.checkFinite(made)
      k.lend(lease)
      const again = k.copy(gradient)
      expect(again).toBe(made)
      k.checkFinite(again)
      expect(k.foundNonFinite()).toBe(true)
    })

    test('is forgotten once it was told', () => {
      const { k } = bed
      k.checkFinite(k.tensor([2], [1, nan]))
      k.checkFinite(k.tensor([2], [1, 2]))
      expect([k.foundNonFinite(), k.foundNonFinite()]).toEqual([true, false])
    })
  })

  test('sgdMomentum lets NaN and infinities of a gradient into their own entries alone', () => {
    const { k } = bed
    const setting = { learningRate: 0.5, momentum: 0.5, nesterov: false, weightDecay: 0 }
    const next = k.sgdMomentum(k.tensor([5]), k.tensor([5], [1, nan, inf, -inf, 2]), k.tensor([5]), setting)
    expect(numbers(next.velocity)).toEqual([1, nan, inf, -inf, 2])
    expect(numbers(next.value)).toEqual([-0.5, nan, -inf, inf, -1])
  })

  test('sgd refuses operands of different shapes', () => {
    const { k } = bed
    refusesShape(() => k.sgd(k.tensor([2, 3]), k.tensor([3]), { learningRate: 1, weightDecay: 0 }))
  })

  test('sgdMomentum refuses operands of different shapes', () => {
    const { k } = bed
    const [setting] = settings as [MomentumSettings]
    refusesShape(() => k.sgdMomentum(k.tensor([2, 3]), k.tensor([3]), k.tensor([2, 3]), setting))
    refusesShape(() => k.sgdMomentum(k.tensor([2, 3]), k.tensor([2, 3]), k.tensor([3, 2]), setting))
  })
}

type Two = [Tensor, Tensor]
type Three = [Tensor, Tensor, Tensor]
