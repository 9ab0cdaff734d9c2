/** What is lent, until when, and from where. */
import { expect, test } from 'vitest'
import type { Tensor } from '../../../core/index.ts'
import type { Bed } from './bed.ts'
import { numbers } from './plain.ts'

const overlap = (a: Tensor, b: Tensor): boolean =>
  a.data.buffer === b.data.buffer &&
  a.data.byteOffset < b.data.byteOffset + b.data.byteLength &&
  b.data.byteOffset < a.data.byteOffset + a.data.byteLength

type Place = readonly [buffer: unknown, offset: number]
const placeOf = ({ data }: Tensor): Place => [data.buffer, data.byteOffset]
const samePlaces = (a: readonly Place[], b: readonly Place[]) =>
  a.length === b.length && a.every(([buffer, offset], i) => buffer === b[i]?.[0] && offset === b[i]?.[1])

export function memory(bed: Bed): void {
  /** What nodes might do in one step on batches of that many rows. */
  const step = (rows: number): Tensor[] => {
    const { k } = bed
    const [kernel, bias] = [bed.random([5, 3]), bed.random([3])]
    const x = k.fill([rows, 5], 0.5)
    const y = k.affine(x, kernel, bias)
    const p = k.softmax(y)
    return [x, y, p, k.matMul(x, p, 'tn'), k.sumTo(p, [3]), k.mean(p), k.slice(p, 1, 0, 2), k.addAll([p, y])]
  }
  const spoil = (tensors: readonly Tensor[]) => {
    for (const { data } of tensors) data.fill(-1)
  }

  test('a kept tensor has the values given, or zeros, and memory of its own', () => {
    const { k } = bed
    expect(numbers(k.tensor([2, 3]))).toEqual([0, 0, 0, 0, 0, 0])
    const values = Float64Array.of(1, 2, 3)
    const kept = k.tensor([3], values)
    values[0] = 9
    expect(numbers(kept)).toEqual([1, 2, 3])
    expect(numbers(k.tensor([], [4]))).toEqual([4])
    expect(k.tensor([0, 3]).data).toHaveLength(0)
  })

  test('a lease that is opened again gives the same memory in the same order', () => {
    const round = () => {
      bed.k.lend(bed.lease)
      return step(7).map(placeOf)
    }
    round()
    const second = round()
    for (let again = 0; again < 20; again++) expect(samePlaces(round(), second)).toBe(true)
  })

  test('full and short batches in turn find the memory that they had before', () => {
    const round = () =>
      [32, 5, 32, 1, 0, 32].flatMap(rows => {
        bed.k.lend(bed.lease)
        return step(rows).map(placeOf)
      })
    round()
    const second = round()
    for (let again = 0; again < 5; again++) expect(samePlaces(round(), second)).toBe(true)
  })

  test('the results of one lease lie side by side, apart from their operands', () => {
    const operands = [bed.random([7, 5]), bed.random([5, 3])] as const
    const all = [...operands, ...step(7), bed.k.matMul(...operands)]
    all.forEach((a, i) => {
      for (const b of all.slice(i + 1)) expect(overlap(a, b)).toBe(false)
    })
  })

  test('results survive whatever is lent from other leases', () => {
    const { k } = bed
    const results = step(7)
    const before = results.map(numbers)
    const others = [k.lease(), k.lease()]
    for (const rows of [7, 1, 33, 129, 700]) {
      for (const other of others) {
        k.lend(other)
        spoil(step(rows))
      }
    }
    expect(results.map(numbers)).toEqual(before)
  })

  test('results survive when the lease after them is opened again and again', () => {
    const { k, lease } = bed
    const other = k.lease()
    for (const rows of [3, 129, 5]) {
      k.lend(lease)
      const results = step(rows)
      const before = results.map(numbers)
      for (let again = 0; again < 3; again++) {
        k.lend(other)
        spoil(step(rows + again))
      }
      expect(results.map(numbers)).toEqual(before)
    }
  })

  test('kept tensors survive every lease', () => {
    const { k, lease } = bed
    const kept = [bed.random([5], 1), bed.random([130, 3], 2), k.tensor([2])]
    const before = kept.map(numbers)
    for (const rows of [1, 130, 7]) {
      k.lend(lease)
      spoil(step(rows))
    }
    expect(kept.map(numbers)).toEqual(before)
  })

  test('a lease owns what it lent, and nothing else', () => {
    const { k, lease } = bed
    const [x, y] = [k.fill([3], 1), k.relu(k.fill([4, 2], 1))]
    expect([k.owns(lease, x), k.owns(lease, y)]).toEqual([true, true])
    const other = k.lease()
    k.lend(other)
    const z = k.fill([3], 1)
    expect([k.owns(other, z), k.owns(lease, z), k.owns(other, x)]).toEqual([true, false, false])
    expect(k.owns(lease, x), 'while another one is open').toBe(true)
    expect([k.tensor([3]), k.totals(3)].map(kept => k.owns(other, kept))).toEqual([false, false])
  })

  test('a lease does not own what has no memory of its own', () => {
    const { k, lease } = bed
    const kept = k.tensor([2, 3])
    const filled = k.fill([2, 3], 1)
    const reshaped = k.reshape(filled, [6])
    expect(k.owns(lease, reshaped)).toBe(!overlap(reshaped, filled))
    expect(k.owns(lease, k.reshape(kept, [6]))).toBe(false)
    const sum = k.sumTo(kept, [2, 3])
    expect(k.owns(lease, sum)).toBe(!overlap(sum, kept))
  })

  test('a lease that is opened again has given up what it lent', () => {
    const { k, lease } = bed
    const x = k.fill([3], 1)
    k.lend(lease)
    expect(k.owns(lease, x)).toBe(false)
  })

  test('a lease does not own a tensor whose memory it has lent again in another shape', () => {
    const { k, lease } = bed
    const x = k.fill([4], 1)
    k.lend(lease)
    const y = k.fill([2], 2)
    expect(k.owns(lease, y)).toBe(true)
    expect(k.owns(lease, x)).toBe(false)
  })

  test('a lease that was freed owns nothing, and the others live on', () => {
    const { k, lease } = bed
    const x = k.fill([3], 1)
    const other = k.lease()
    k.lend(other)
    const y = k.fill([3], 2)
    k.free(lease)
    expect([k.owns(lease, x), k.owns(other, y)]).toEqual([false, true])
    spoil(step(7))
    expect(numbers(y)).toEqual([2, 2, 2])
  })

  test('two kernels share no memory', () => {
    const { k, lease } = bed
    const others = bed.make(bed.precision)
    others.lend(others.lease())
    const [mine, theirs] = [k.fill([5], 1), others.fill([5], 2)]
    expect([overlap(mine, theirs), k.owns(lease, theirs)]).toEqual([false, false])
    others.dispose()
    expect(numbers(mine)).toEqual([1, 1, 1, 1, 1])
  })
}
