/** The kernels in WebAssembly keep the contract in every build, and draw the random numbers of the reference. */

import { describe, expect, test } from 'vitest'
import { type Numbers, RandomKey } from '../../core/index.ts'
import { createKernels, ReferenceKernels } from '../../kernels/index.ts'
import { BUILDS, kernelsOf } from './builds.ts'
import { isSame } from './compiling/run.ts'
import { numbers } from './contract/plain.ts'
import { kernelsContract } from './contract.ts'
import { redZones } from './red-zones.ts'

// WebAssembly has SIMD for float32 alone, so there is no other precision to keep the contract in.
for (const build of BUILDS)
  kernelsContract(`wasm (${build})`, {
    make: () => kernelsOf(build),
    surroundings: redZones,
    precisions: ['float32'],
  })

test('random kernels give the same bytes as those of the reference', () => {
  const [wasm, reference] = [createKernels({ kernels: 'wasm', threads: 1 }), new ReferenceKernels('float32')]
  for (const seed of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
    const key = RandomKey.of(seed).child('mask')
    for (const probability of [0, 2 ** -32, 1e-3, 0.1, 1 / 3, 0.5, 0.75, 1 - 2 ** -32, 1]) {
      for (const shape of [[], [1], [7], [8], [9], [31], [32], [33], [3, 43], [130], [0, 3], [1001]]) {
        for (const k of [wasm, reference]) k.lend(k.lease())
        const [got, wanted] = [wasm, reference].map(k => numbers(k.bernoulli(shape, probability, key)))
        expect(got, `${probability} of [${shape}]`).toEqual(wanted)
        const [mine, theirs] = [wasm, reference].map(k => numbers(k.uniform(shape, key)))
        expect(mine, `uniform [${shape}]`).toEqual(theirs)
      }
    }
    // In so many, half a word does not decide some times.
    for (const k of [wasm, reference]) k.lend(k.lease())
    const [many, wanted] = [wasm, reference].map(k => k.bernoulli([200_000], 1 / 3, key).data)
    expect(isSame(many as Numbers, wanted as Numbers)).toBe(true)
  }
  for (const k of [wasm, reference]) k.dispose()
})

describe('what runs', () => {
  test.each([
    [1, '1 thread'],
    [2, '2 threads'],
  ])('is told with threads: %s', (threads, words) => {
    const k = createKernels({ kernels: 'wasm', threads })
    const simd = BUILDS.includes('relaxed') ? 'relaxed SIMD' : 'SIMD'
    expect([k.name, k.precision, k.description]).toEqual([
      'wasm',
      'float32',
      `WebAssembly with ${simd}, ${words}`,
    ])
    k.dispose()
  })

  test('is never float64', () => {
    expect(() => createKernels({ kernels: 'wasm', precision: 'float64' })).toThrow(
      expect.objectContaining({
        code: 'KERNELS_UNAVAILABLE',
        message: expect.stringMatching(/'reference'.*float64.*wasm/s),
      }),
    )
  })
})
