/** The one memory of the kernels in WebAssembly: it grows under tensors, is used again, and ends. */
import { beforeEach, describe, expect, test } from 'vitest'
import { GradstreamError, type Kernels, type Tensor } from '../../core/index.ts'
import { createKernels } from '../../kernels/index.ts'
import { numbers, pool } from './contract/plain.ts'

const MEGABYTE = 2 ** 20

describe.each([1, 2])('with threads: %s', threads => {
  let k: Kernels

  beforeEach(() => {
    k = createKernels({ kernels: 'wasm', threads })
    k.lend(k.lease())
    return () => k.dispose()
  })

  /** How much memory there is at present. */
  const bytes = () => k.tensor([1]).data.buffer.byteLength

  const refusal = (work: () => unknown): GradstreamError => {
    try {
      work()
    } catch (error) {
      if (error instanceof GradstreamError) return error
      throw error
    }
    return expect.fail('nothing was refused')
  }

  test('tensors are right after the memory grew under them', () => {
    const before = bytes()
    const kept = k.tensor([130], pool(130))
    const totals = k.totals(2)
    k.tally(totals, 1, kept)
    const [total] = [totals.data[1]]
    const lent = k.scale(kept, 2)
    const view = k.reshape(kept, [13, 10])
    const nothing = k.tensor([0])
    const [expected, doubled] = [numbers(kept), numbers(lent)]
    const large = k.tensor([8 * MEGABYTE])
    expect(bytes()).toBeGreaterThan(before)
    expect([kept, view, lent].map(numbers)).toEqual([expected, expected, doubled])
    expect([...totals.data]).toEqual([0, total])
    expect([nothing.data.length, large.data.length]).toEqual([0, 8 * MEGABYTE])
    expect(large.data.every(value => value === 0)).toBe(true)
    kept.data[0] = 99
    expect(view.data[0]).toBe(99)
    expect(numbers(k.add(kept, lent))).toEqual(
      doubled.map((x, i) => Math.fround(x + (kept.data[i] as number))),
    )
  })

  test('a result is right when the memory grows for it, or for a copy of its operands', () => {
    const x = k.tensor([MEGABYTE], pool(20_000).concat(new Array(MEGABYTE - 20_000).fill(1)))
    let y: Tensor = x
    for (let i = 0; i < 8; i++) y = k.addScalar(y, 1)
    expect(
      y.data.subarray(0, 100).every((value, i) => Math.abs(value - 8 - (x.data[i] as number)) < 1e-5),
    ).toBe(true)
    const size = bytes()
    const elsewhere = x.clone()
    for (let i = 0; i < 8; i++) expect(k.add(elsewhere, elsewhere).data[MEGABYTE - 1]).toBe(2)
    expect(bytes()).toBeGreaterThan(size)
  })

  test('products are right right after the memory grew', () => {
    const [a, b] = [k.fill([130, 130], 0.5), k.fill([130, 130], 2)]
    for (let round = 0; round < 3; round++) {
      k.tensor([4 * MEGABYTE * (round + 1)])
      expect(k.matMul(a, b).data.every(value => value === 130)).toBe(true)
    }
  })

  test('leases that are freed and made again need no more memory', () => {
    const round = () => {
      const lease = k.lease()
      k.lend(lease)
      for (const rows of [1000, 7, 129]) k.softmax(k.addScalar(k.fill([rows, 33], 1), 2))
      k.free(lease)
    }
    round()
    const size = bytes()
    for (let again = 0; again < 500; again++) round()
    expect(bytes()).toBe(size)
  })

  test('leases that are opened again and again, for full and short batches, need no more memory', () => {
    const leases = Array.from({ length: 5 }, () => k.lease())
    const rounds = (count: number) => {
      for (let round = 0; round < count; round++) {
        for (const lease of leases) {
          k.lend(lease)
          const rows = round % 3 === 0 ? 11 : 256
          k.affine(k.fill([rows, 30], 1), k.fill([30, 20], 1), k.fill([20], 1))
        }
      }
    }
    rounds(6)
    const size = bytes()
    rounds(300)
    expect(bytes()).toBe(size)
  })

  test('the memory that a lease gave back is lent to others', () => {
    const lease = k.lease()
    k.lend(lease)
    const places = [1, 2, 3].map(() => k.fill([5 * MEGABYTE], 1).data.byteOffset)
    k.free(lease)
    k.lend(k.lease())
    expect([1, 2, 3].map(() => k.fill([5 * MEGABYTE], 1).data.byteOffset).sort()).toEqual(places.sort())
  })

  describe('beyond the limit', () => {
    const tooMuch = [
      k => k.tensor([2 ** 30]),
      k => k.empty([2 ** 15, 2 ** 15]),
      k => k.fill([2 ** 40], 1),
    ] as const satisfies ((k: Kernels) => Tensor)[]

    test('there are 4 GiB, and more is refused with words that tell so', () => {
      expect(k.limit).toBe(4 * 2 ** 30)
      for (const ask of tooMuch) {
        const error = refusal(() => ask(k))
        expect(error.code).toBe('OUT_OF_MEMORY')
        expect(error.message).toMatch(/4 GiB/)
      }
    })

    test('what was refused took nothing, and the rest goes on', () => {
      const kept = k.tensor([5], [1, 2, 3, 4, 5])
      const size = bytes()
      for (const ask of tooMuch) refusal(() => ask(k))
      expect(bytes()).toBe(size)
      expect(numbers(k.scale(kept, 2))).toEqual([2, 4, 6, 8, 10])
    })

    test('memory of a lease that asked for too much is not given out twice', () => {
      const lease = k.lease()
      k.lend(lease)
      k.fill([16], 1)
      k.lend(lease)
      refusal(() => k.empty([2 ** 31]))
      const kept = k.tensor([16])
      k.lend(lease)
      k.fill([16], 7)
      expect(numbers(kept)).toEqual(new Array(16).fill(0))
    })
  })
})
