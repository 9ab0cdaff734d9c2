/** What a query makes of a tensor, and how whole tensors travel. */
import { describe, expect, test } from 'vitest'
import { Tensor } from '../../../core/index.ts'
import { ReferenceKernels } from '../../../kernels/index.ts'
import { decodeFrame, encodeFrame } from '../../../runtime/bridge/frame.ts'
import type { Histogram } from '../../../runtime/bridge/protocol.ts'
import { measure } from '../../../runtime/bridge/server/measure.ts'
import { errorOf } from '../../core/support.ts'
import { Dice } from '../../support/dice.ts'

const k = new ReferenceKernels('float32')
const vector = (values: number[]) => new Tensor([values.length], Float32Array.from(values))
const { NaN: nan, POSITIVE_INFINITY: inf } = Number

describe('a histogram', () => {
  test('counts each finite entry once, the largest in the last bin', () => {
    const x = vector([0, 0.1, 0.5, 0.99, 1, nan, inf, -inf])
    expect(measure(x, { what: 'histogram', bins: 2 }, k)).toEqual({ minimum: 0, maximum: 1, counts: [2, 3] })
  })

  test('of equal entries, of nothing, and of nothing finite is one all the same', () => {
    for (const values of [[2, 2, 2], [], [nan, inf]]) {
      const { counts } = measure(vector(values), { what: 'histogram', bins: 4 }, k) as Histogram
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.filter(Number.isFinite).length)
    }
  })
})

describe('quantiles', () => {
  test('lie between entries as far as their share', () => {
    const x = vector([4, 1, 3, 2, nan])
    expect(measure(x, { what: 'quantiles', at: [0, 0.5, 1, 1 / 3] }, k)).toEqual([1, 2.5, 4, 2])
    expect(measure(vector([]), { what: 'quantiles', at: [0.5] }, k)).toEqual([0])
    expect(measure(x, { what: 'quantiles' }, k)).toHaveLength(7)
  })

  test('of many entries are near those of all', () => {
    const x = vector(Array.from({ length: 100_000 }, (_, i) => ((i * 7919) % 100_000) / 100_000))
    const found = measure(x, { what: 'quantiles', at: [0.1, 0.5, 0.9] }, k) as number[]
    for (const [i, share] of [0.1, 0.5, 0.9].entries()) expect(found[i]).toBeCloseTo(share, 1)
  })
})

test('a sample is evenly apart, and all of a small tensor', () => {
  const x = vector(Array.from({ length: 100 }, (_, i) => i))
  expect(measure(x, { what: 'sample', count: 4 }, k)).toEqual([0, 25, 50, 75])
  expect(measure(vector([1, 2]), { what: 'sample', count: 4 }, k)).toEqual([1, 2])
})

describe('a whole tensor', () => {
  test('comes as it went, 300 times', () => {
    for (let seed = 0; seed < 300; seed++) {
      const dice = new Dice(seed)
      const shape = Array.from({ length: dice.below(6) }, () => dice.below(4))
      const size = shape.reduce((product, length) => product * length, 1)
      const data = seed % 2 === 0 ? new Float32Array(size) : new Float64Array(size)
      data.forEach((_, i) => {
        data[i] = dice.next() - 0.5
      })
      const sent = {
        n: dice.below(2 ** 31),
        watch: 'w√∂'.repeat(dice.below(9)),
        step: dice.below(2 ** 40),
        tensor: new Tensor(shape, data),
      }
      const frame = encodeFrame(sent)
      // It may lie anywhere in what a socket has read.
      const offset = dice.below(9)
      const around = new Uint8Array(frame.length + 9)
      around.set(frame, offset)
      const { tensor, ...rest } = decodeFrame(around.subarray(offset, offset + frame.length))
      expect({ ...rest, shape: tensor.shape, data: tensor.data }).toEqual({
        n: sent.n,
        watch: sent.watch,
        step: sent.step,
        shape,
        data,
      })
    }
  })

  test('that was cut or changed in its head is refused, or still one of its length', () => {
    const frame = encodeFrame({ n: 1, watch: 'abc', step: 2, tensor: vector([1, 2, 3]) })
    for (let length = 0; length < frame.length; length++) {
      expect(errorOf(() => decodeFrame(frame.slice(0, length))).code).toBe('INVALID_MESSAGE')
    }
    for (let place = 0; place < 24; place++) {
      for (const value of [0, 1, 127, 255]) {
        const changed = frame.slice()
        changed[place] = value
        try {
          expect(decodeFrame(changed).tensor.data.byteLength).toBeLessThanOrEqual(frame.length)
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_MESSAGE' })
        }
      }
    }
  })
})
