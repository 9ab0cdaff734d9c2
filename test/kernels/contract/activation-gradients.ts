/** Gradients of activations, on every length. */
import { describe, test } from 'vitest'
import { type Kernels, sizeOf, type Tensor } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { nodeFormulas } from './formulas.ts'
import { numbers, plainSigmoid, pool } from './plain.ts'
import { ROWS_OF_ALL_LENGTHS } from './shapes.ts'

const { NaN: nan, POSITIVE_INFINITY: inf } = Number

interface Pair {
  run(k: Kernels, a: Tensor, b: Tensor): Tensor
  formula(a: number, b: number): number
}

const gradients: Record<string, Pair> = {
  sigmoid: { run: backwardOf('sigmoid', 'y'), formula: (dy, y) => dy * (y * (1 - y)) },
  tanh: { run: backwardOf('tanh', 'y'), formula: (dy, y) => dy * (1 - y ** 2) },
  softplus: { run: backwardOf('softplus', 'x'), formula: (dy, x) => dy * plainSigmoid(x) },
}

/** The gradient of an activation, from what its backward needs of its values. */
function backwardOf(type: string, needed: 'x' | 'y'): Pair['run'] {
  const { backward } = nodeFormulas(type)
  return (k, dy, value) => backward(k, { y: dy }, { [needed]: value }).x as Tensor
}

export function activationGradients(bed: Bed): void {
  describe.each(Object.entries(gradients))('%s', (name, { run, formula }) => {
    test('fits its formula for every length', () => {
      for (const shape of ROWS_OF_ALL_LENGTHS) {
        bed.k.lend(bed.lease)
        const [dy, y] = [bed.lent(shape, pool(sizeOf(shape))), bed.lent(shape, pool(sizeOf(shape), 1))]
        const expected = numbers(dy).map((value, i) => formula(value, y.data[i] as number))
        bed.expectNear(run(bed.k, dy, y), shape, expected, `${name} [${shape}]`)
      }
    })

    test('takes scalars, NaN, infinities and zeros as its formula does', () => {
      const [dy, y] = [
        [1, nan, 1, inf, inf, 0, -2, -inf, 0.5],
        [nan, 1, inf, 0.5, 0, -inf, 1, 0.25, 1],
      ]
      const expected = dy.map((value, i) => formula(value, y[i] as number))
      bed.expectNear(run(bed.k, bed.k.tensor([9], dy), bed.k.tensor([9], y)), [9], expected)
      bed.expectNear(run(bed.k, bed.k.tensor([], [2]), bed.k.tensor([], [0.25])), [], [formula(2, 0.25)])
    })
  })

  test('that of softplus is dy or nothing for extreme values', () => {
    const [dy, x] = [bed.k.tensor([4], [3, 3, 3, 3]), bed.k.tensor([4], [1e4, -1e4, 100, -1e38])]
    bed.expectNear(backwardOf('softplus', 'x')(bed.k, dy, x), [4], [3, 0, 3, 0])
  })
}
