/** Kernels that take entries together, on every length of a row from 1 to 130 and so every remainder. */
import { expect, test } from 'vitest'
import type { Kernels, Tensor } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { nodeFormulas } from './formulas.ts'
import { cut, numbers, plainLogSoftmax, plainSoftmax, plainSum, pool } from './plain.ts'
import { LENGTHS } from './shapes.ts'

type List = readonly number[]
const { NaN: nan, POSITIVE_INFINITY: inf } = Number

const alongRows: Record<string, readonly [run: (k: Kernels, x: Tensor) => Tensor, row: (row: List) => List]> =
  {
    softmax: [(k, x) => k.softmax(x), plainSoftmax],
    logSoftmax: [(k, x) => k.logSoftmax(x), plainLogSoftmax],
    sumLastAxis: [(k, x) => k.sumLastAxis(x), row => [plainSum(row)]],
    argMaxLastAxis: [(k, x) => k.argMaxLastAxis(x), row => [row.indexOf(Math.max(...row))]],
    softmaxGradient: [
      (k, y) => nodeFormulas('softmax').backward(k, { y: k.oneMinus(y) }, { y }).x as Tensor,
      y => y.map(own => own * (1 - own - plainSum(y.map(x => (1 - x) * x)))),
    ],
  }

export function everyRowLength(bed: Bed): void {
  const places = (entries: List) => [...new Set([0, entries.length >> 1, entries.length - 1])]

  test.each(Object.entries(alongRows))('%s', (name, [run, formula]) => {
    for (const length of LENGTHS) {
      for (const count of [1, 3]) {
        bed.k.lend(bed.lease)
        const values =
          name === 'softmaxGradient' ? pool(count * length).map(x => (x + 2) / 4) : pool(count * length)
        const x = bed.lent([count, length], values)
        const shape = [count, formula(values.slice(0, length)).length]
        bed.expectNear(
          run(bed.k, x),
          shape,
          cut(numbers(x), length).flatMap(formula),
          `${name} [${x.shape}]`,
          1,
        )
      }
    }
  })

  test('NaN in one row leaves its neighbours alone', () => {
    for (const length of LENGTHS) {
      for (const place of places(pool(length))) {
        bed.k.lend(bed.lease)
        const x = bed.lent([3, length], pool(3 * length).with(length + place, nan))
        for (const run of [bed.k.softmax, bed.k.logSoftmax, bed.k.sumLastAxis]) {
          const rows = cut(numbers(run.call(bed.k, x)), run === bed.k.sumLastAxis ? 1 : length)
          const spoilt = rows.map(row => row.every(Number.isNaN))
          const clean = rows.map(row => row.every(Number.isFinite))
          expect([spoilt, clean], `[3, ${length}] at ${place}`).toEqual([
            [false, true, false],
            [true, false, true],
          ])
        }
      }
    }
  })

  test('sums and means of all, along each axis, and in totals', () => {
    const totals = bed.k.totals(1)
    let tallied = 0
    for (const length of LENGTHS) {
      bed.k.lend(bed.lease)
      const x = bed.lent([3, length], pool(3 * length))
      const rows = cut(numbers(x), length)
      const [all, what] = [plainSum(numbers(x)), `[3, ${length}]`]
      bed.expectNear(bed.k.sum(x), [], [all], what, 1)
      bed.expectNear(bed.k.mean(x), [], [all / x.size], what, 1)
      bed.expectNear(bed.k.sumTo(x, [3, 1]), [3, 1], rows.map(plainSum), what, 1)
      const columns = (rows[0] as List).map((_, j) => plainSum(rows.map(row => row[j] as number)))
      bed.expectNear(bed.k.sumTo(x, [length]), [length], columns, what, 1)
      bed.expectNear(bed.k.sumTo(x, [1, length]), [1, length], columns, what, 1)
      bed.expectNear(bed.k.sumTo(x, []), [], [all], what, 1)
      bed.k.tally(totals, 0, x, 0.5)
      tallied += all * 0.5
      expect(Math.abs((totals.data[0] as number) - tallied), what).toBeLessThan(1e-9)
    }
  })

  test('allFinite sees NaN and infinities, wherever they stand', () => {
    for (const length of LENGTHS) {
      bed.k.lend(bed.lease)
      const clean = bed.lent([length], pool(length))
      expect(bed.k.allFinite(clean)).toBe(true)
      for (const place of places(pool(length))) {
        const x = bed.lent([length], pool(length).with(place, [nan, inf, -inf][length % 3] as number))
        expect(bed.k.allFinite(x), `${place} of ${length}`).toBe(false)
      }
    }
  })
}
