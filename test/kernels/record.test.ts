/** Calls that are written down: made again, they compute the same of what lies there then. */
import { RandomKey, type Tensor } from 'gradstream'
import { describe, expect, test } from 'vitest'
import type { Kernels, Recorded, Recording } from '../../core/index.ts'
import { findBlas } from '../../kernels/blas/library.ts'
import { createKernels } from '../../kernels/index.ts'

const names = findBlas().library ? (['wasm', 'blas'] as const) : (['wasm'] as const)

describe.each(names)('kernels %s', name => {
  const made = () => {
    const kernels = createKernels({ kernels: name, threads: 1 })
    kernels.lend(kernels.lease())
    return kernels
  }
  const record = (kernels: Kernels) => kernels.record?.() as Recording
  const callsOf = (recording: Recording) => (recording.end() as Recorded).calls
  const numbers = (seed: number, count: number) => RandomKey.of(seed).uniform(count, -1, 1)

  test('compute the same again, of other numbers', () => {
    const kernels = made()
    const a = kernels.tensor([40, 30], numbers(1, 1200))
    const b = kernels.tensor([30, 20], numbers(2, 600))
    const work = () => {
      const product = kernels.matMul(a, b)
      const sum = kernels.addAll([product, kernels.scale(product, 3), kernels.tanh(product)])
      return kernels.wherePositive(sum, 1, kernels.softmax(sum))
    }
    const recording = record(kernels)
    const result = work()
    const calls = callsOf(recording)
    expect(calls.length).toBeGreaterThan(5)
    a.data.set(numbers(3, 1200))
    for (const call of calls) call()
    const again = Array.from(result.data)
    kernels.lend(kernels.lease())
    expect(again).toEqual(Array.from(work().data))
    kernels.dispose()
  })

  test('write down nothing of what is done aside but that it is done', () => {
    const kernels = made()
    const x = kernels.tensor([4], [1, 2, 3, 4])
    const sums: unknown[] = []
    const recording = record(kernels)
    const y = kernels.scale(x, 2)
    recording.aside(() => sums.push(kernels.sum(y).item(), kernels.statistics(y).mean))
    kernels.scale(y, 2)
    const calls = callsOf(recording)
    expect(calls).toHaveLength(3)
    x.data.set([2, 2, 2, 2])
    for (const call of calls) call()
    expect(sums).toEqual([20, 5, 16, 4])
    kernels.dispose()
  })

  test('do not pretend that they know what was done with numbers', () => {
    const kernels = made()
    const x = kernels.tensor([4], [1, 2, 3, 4])
    const uses = [
      () => kernels.scale(x, x.data[0] as number),
      () => kernels.mean(x),
      () => kernels.statistics(x),
      () => kernels.allFinite(x),
      () => kernels.tensor([1], [2]),
    ]
    for (const use of uses) {
      const recording = record(kernels)
      use()
      expect(recording.end()).toBeUndefined()
    }
    kernels.dispose()
  })

  describe('renew', () => {
    /** Records what `update` makes of a value, a gradient and a velocity, as what is to replace the value. */
    const renewed = (
      update: (
        kernels: Kernels,
        operands: Record<'value' | 'gradient' | 'velocity', Tensor>,
        recording: Recording,
      ) => Tensor,
    ) => {
      const kernels = made()
      const value = kernels.tensor([5], [1, 2, 3, 4, 5])
      const gradient = kernels.tensor([5], [1, 1, 2, 2, 3])
      const velocity = kernels.tensor([5], [0, 1, 0, 1, 0])
      const recording = record(kernels)
      const next = update(kernels, { value, gradient, velocity }, recording)
      const { calls, inPlace } = recording.end([{ present: value, next }]) as Recorded
      next.data.fill(0)
      for (const call of calls) call()
      const result = { inPlace, value: Array.from(value.data), next: Array.from(next.data) }
      kernels.dispose()
      return result
    }
    const old = [1, 2, 3, 4, 5]
    const less = [-1, 0, -1, 0, -1]

    test('over the old values', () => {
      const sgd = renewed((k, { value, gradient }) => k.addScaled(value, gradient, -2))
      expect(sgd).toEqual({ inPlace: true, value: less, next: [0, 0, 0, 0, 0] })
      const decayed = renewed((k, { value, gradient }) =>
        k.addScaled(value, k.addScaled(gradient, value, 1), -1),
      )
      expect(decayed).toEqual({ inPlace: true, value: [-1, -1, -2, -2, -3], next: [0, 0, 0, 0, 0] })
    })

    test.each<[string, Parameters<typeof renewed>[0]]>([
      [
        'the old values are asked for later',
        (k, { value, gradient }) => {
          const next = k.addScaled(value, gradient, -2)
          k.scale(value, 2)
          return next
        },
      ],
      [
        'the new values are asked for later',
        (k, { value, gradient }) => {
          const next = k.addScaled(value, gradient, -2)
          k.addScaled(gradient, next, 2)
          return next
        },
      ],
      [
        'something is done aside later',
        (k, { value, gradient }, recording) => {
          const next = k.addScaled(value, gradient, -2)
          recording.aside(() => undefined)
          return next
        },
      ],
      [
        'it is not known how they are written',
        (k, { value, gradient }) => k.sub(value, k.scale(gradient, 2)),
      ],
    ])('beside the old values where %s', (_, update) => {
      expect(renewed(update)).toEqual({ inPlace: false, value: old, next: less })
    })

    test('nothing that was computed elsewhere', () => {
      expect(renewed((_, { velocity }) => velocity).inPlace).toBe(false)
    })
  })

  test('record nothing once a recording has ended', () => {
    const kernels = made()
    const x = kernels.tensor([4], [1, 2, 3, 4])
    const calls = callsOf(record(kernels))
    kernels.scale(x, 2)
    expect(calls).toHaveLength(0)
    kernels.dispose()
  })
})
