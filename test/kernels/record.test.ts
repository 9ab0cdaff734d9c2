/** Calls that are written down: made again, they compute the same of what lies there then. */
import { RandomKey } from 'gradstream'
import { describe, expect, test } from 'vitest'
import type { Kernels, Recording } from '../../core/index.ts'
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
  const callsOf = (recording: Recording) => recording.end() as NonNullable<ReturnType<Recording['end']>>
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
    expect(calls, 'all of it together').toHaveLength(1)
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
    recording.unrecorded(() => sums.push(kernels.sum(y).item(), kernels.statistics(y).mean))
    kernels.scale(y, 2)
    const calls = callsOf(recording)
    expect(calls).toHaveLength(3)
    x.data.set([2, 2, 2, 2])
    for (const call of calls) call()
    expect(sums).toEqual([20, 5, 16, 4])
    kernels.dispose()
  })

  test('look at updates again, and take note of what is not finite', () => {
    const kernels = made()
    const [value, gradient] = [kernels.tensor([5], [1, 2, 3, 4, 5]), kernels.tensor([5])]
    const recording = record(kernels)
    kernels.checkFinite(kernels.sub(value, gradient))
    kernels.checkFinite(gradient)
    const calls = callsOf(recording)
    expect(calls, 'an update is looked at when it is written').toHaveLength(2)
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -0]) {
      gradient.data[4] = bad
      for (const call of calls) call()
      expect(kernels.foundNonFinite()).toBe(!Number.isFinite(bad))
      expect(kernels.foundNonFinite()).toBe(false)
    }
    kernels.dispose()
  })

  test('do not pretend that they know what was done with numbers', () => {
    const kernels = made()
    const x = kernels.tensor([4], [1, 2, 3, 4])
    const uses = [
      () => kernels.scale(x, x.data[0] as number),
      () => kernels.mean(x).item(),
      () => kernels.statistics(x),
      () => kernels.allFinite(x),
      () => kernels.foundNonFinite(),
      () => kernels.tensor([1], [2]),
    ]
    for (const use of uses) {
      const recording = record(kernels)
      use()
      expect(recording.end()).toBeUndefined()
    }
    kernels.dispose()
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
