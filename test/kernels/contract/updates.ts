/** Updates of parameters, on every length. */
import { describe, expect, test } from 'vitest'
import { type Kernels, sizeOf, type Tensor } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { type SgdSettings, sgdOf } from './formulas.ts'
import { numbers, pool } from './plain.ts'
import { LENGTHS, ROWS_OF_ALL_LENGTHS } from './shapes.ts'

const { NaN: nan, POSITIVE_INFINITY: inf } = Number

const settings: readonly SgdSettings[] = [false, true].flatMap(nesterov =>
  [0.5, 0.9].flatMap(momentum =>
    [0, 0.25, 1].map(weightDecay => ({ learningRate: 0.1, momentum, nesterov, weightDecay })),
  ),
)

export function updates(bed: Bed): void {
  test.each(settings)('sgd with momentum fits its formula for every length with %j', setting => {
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
      const next = sgdOf(bed.k, { value, gradient, velocity }, setting)
      bed.expectNear(next.velocity as Tensor, shape, v, `velocity [${shape}]`)
      const values = directions.map((x, i) => (value.data[i] as number) - learningRate * x)
      bed.expectNear(next.value as Tensor, shape, values, `value [${shape}]`)
      expect([value, gradient, velocity].map(numbers), 'the operands are left alone').toEqual(before)
    }
  })

  test.each([0, 0.25, 1])('sgd fits its formula for every length with a weight decay of %s', weightDecay => {
    for (const shape of ROWS_OF_ALL_LENGTHS) {
      bed.k.lend(bed.lease)
      const [value, gradient] = [1, 2].map(seed => bed.lent(shape, pool(sizeOf(shape), seed))) as Two
      const before = [value, gradient].map(numbers)
      const { value: next } = sgdOf(bed.k, { value, gradient }, { weightDecay })
      const expected = numbers(value).map(
        (w, i) => w - 0.1 * ((gradient.data[i] as number) + weightDecay * w),
      )
      bed.expectNear(next as Tensor, shape, expected, `[${shape}]`)
      expect([value, gradient].map(numbers), 'the operands are left alone').toEqual(before)
    }
  })

  describe('what is not finite', () => {
    type Make = (k: Kernels, value: Tensor, gradient: Tensor, other: Tensor) => readonly Tensor[]
    const makers: Readonly<Record<string, Make>> = {
      sgd: (k, value, gradient) => Object.values(sgdOf(k, { value, gradient }, {})).slice(0, 1),
      'sgd with momentum': (k, value, gradient, velocity) =>
        Object.values(sgdOf(k, { value, gradient, velocity }, settings[0] as SgdSettings)),
      'a fold of rows': (k, value, gradient) => [
        k.sumTo(k.mul(k.reshape(gradient, [1, gradient.size]), k.reshape(value, [1, value.size])), [
          value.size,
        ]),
      ],
      'a fold of everything': (k, value, gradient) => [k.sum(k.add(value, gradient))],
      'a product': (k, value, gradient) => [
        k.matMul(k.reshape(value, [value.size, 1]), k.reshape(gradient, [1, gradient.size])),
      ],
      'one kernel': (k, value, gradient) => [k.addScaled(value, gradient, -1)],
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
      k.checkFinite(k.sub(value, gradient))
      expect(k.foundNonFinite()).toBe(true)
    })

    test('is forgotten once it was told', () => {
      const { k } = bed
      k.checkFinite(k.tensor([2], [1, nan]))
      k.checkFinite(k.tensor([2], [1, 2]))
      expect([k.foundNonFinite(), k.foundNonFinite()]).toEqual([true, false])
    })
  })
}

type Two = [Tensor, Tensor]
type Three = [Tensor, Tensor, Tensor]
