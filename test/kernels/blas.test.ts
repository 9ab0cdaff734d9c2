/** The kernels with products by a native BLAS keep the contract, where a library is; and how one is found or not. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Transposition } from '../../core/index.ts'
import { findBlas } from '../../kernels/blas/library.ts'
import { createKernels, type KernelsOptions } from '../../kernels/index.ts'
import { countOf } from '../support/counts.ts'
import { kernelsContract } from './contract.ts'
import { redZones } from './red-zones.ts'

const { library, reason } = { reason: '', ...findBlas() }

const hasKoffi = ((): boolean => {
  try {
    return createRequire(import.meta.url)('koffi') !== undefined
  } catch {
    return false
  }
})()

const because = (skipped: boolean, why: string) => (skipped ? ` (skipped: ${why})` : '')
const withoutKoffi = because(!hasKoffi, 'koffi is not installed')

const NOWHERE = '/nowhere/libnothing.so'
const THIS_FILE = fileURLToPath(import.meta.url)
/** A library of each system that does no products. */
const OTHER_LIBRARIES: Readonly<Record<string, string>> = {
  linux: 'libm.so.6',
  darwin: '/usr/lib/libSystem.B.dylib',
}
const otherLibrary = OTHER_LIBRARIES[process.platform]

/** Name and description of the kernels that are made. */
function made(options: KernelsOptions): readonly [name: string, description: string] {
  const k = createKernels(options)
  const told = [k.name, k.description] as const
  k.dispose()
  return told
}

describe.skipIf(library === undefined)(`with a library${because(library === undefined, reason)}`, () => {
  // The products go to the single-precision function of the library, so there is no other precision.
  for (const threads of countOf({ usual: [2], full: [1, 2] }))
    kernelsContract(`blas on ${threads} threads:`, {
      make: () => createKernels({ kernels: 'blas', threads }),
      surroundings: redZones,
      precisions: ['float32'],
      hasOtherProducts: true,
    })

  test.each([
    [1, '1 thread'],
    [2, '2 threads'],
  ])('library and threads are told with threads: %s', (threads, words) => {
    const [name, description] = made({ kernels: 'blas', threads })
    expect(name).toBe('blas')
    expect(description).toBe(`${library?.description}, ${words}`)
    expect(description).toMatch(/OpenBLAS|MKL|BLIS|Accelerate|BLAS/)
  })

  test("'auto' takes it for float32, and the reference for float64", () => {
    expect(made({ threads: 1 })).toEqual(made({ kernels: 'blas', threads: 1 }))
    expect(made({ precision: 'float64' })[0]).toBe('reference')
  })

  test('the library is found by its own file too', () => {
    expect(made({ kernels: 'blas', blasPath: library?.path, threads: 1 })[1]).toBe(
      `${library?.description}, 1 thread`,
    )
  })

  test.each<Transposition>(['nn', 'nt', 'tn'])(
    "large products '%s' are right on memory that has grown",
    transposition => {
      const k = createKernels({ kernels: 'blas', threads: 2 })
      const wasm = createKernels({ kernels: 'wasm', threads: 1 })
      const values = Float32Array.from({ length: 200 * 200 }, (_, i) => Math.sin(i))
      for (let round = 1; round < 4; round++) {
        k.tensor([round * 3_000_000])
        const [got, wanted] = [k, wasm].map(kernels => {
          kernels.lend(kernels.lease())
          const x = kernels.tensor([200, 200], values)
          return kernels.matMul(x, x, transposition).data
        }) as [Float32Array, Float32Array]
        expect(wanted.every((value, i) => Math.abs(value - (got[i] as number)) < 1e-3)).toBe(true)
      }
      k.dispose()
      wasm.dispose()
    },
  )

  test('kernels with other numbers of threads take turns', () => {
    const all = [1, 2, 1, 3].map(threads => createKernels({ kernels: 'blas', threads }))
    for (let round = 0; round < 20; round++) {
      for (const k of all) {
        k.lend(k.lease())
        const y = k.matMul(k.fill([100, 100], 1), k.fill([100, 100], round))
        expect(y.data.every(value => value === 100 * round)).toBe(true)
      }
    }
    for (const k of all) k.dispose()
  })
})

describe('without a library', () => {
  const refused = (message: RegExp) =>
    expect.objectContaining({
      name: 'GradstreamError',
      code: 'KERNELS_UNAVAILABLE',
      message: expect.stringMatching(message),
    })

  test("'auto' takes WebAssembly instead, and tells why", () => {
    const [name, description] = made({ blasPath: NOWHERE, threads: 1 })
    expect(name).toBe('wasm')
    expect(description).toMatch(/^WebAssembly with (relaxed )?SIMD, 1 thread, since ./)
  })

  test("'auto' still takes the reference for float64", () => {
    expect(made({ blasPath: NOWHERE, precision: 'float64' })[0]).toBe('reference')
  })

  test.skipIf(!hasKoffi)(`a file that is not there is refused by its name${withoutKoffi}`, () => {
    expect(() => createKernels({ kernels: 'blas', blasPath: NOWHERE })).toThrow(
      refused(/nowhere\/libnothing\.so/),
    )
    expect(made({ blasPath: NOWHERE, threads: 1 })[1]).toContain(NOWHERE)
  })

  test.skipIf(!hasKoffi)(`a file that is no library is refused by its name${withoutKoffi}`, () => {
    expect(() => createKernels({ kernels: 'blas', blasPath: THIS_FILE })).toThrow(
      refused(/blas\.test\.ts is no library/),
    )
  })

  test.skipIf(!hasKoffi || otherLibrary === undefined)(
    `a library without cblas_sgemm is refused${withoutKoffi || because(otherLibrary === undefined, 'no other library is known here')}`,
    () => {
      const blasPath = otherLibrary as string
      expect(() => createKernels({ kernels: 'blas', blasPath })).toThrow(
        refused(/is no library with cblas_sgemm/),
      )
    },
  )

  test('float64 is refused, and the reference named', () => {
    expect(() => createKernels({ kernels: 'blas', precision: 'float64' })).toThrow(
      refused(/'reference'.*float64.*blas/s),
    )
  })

  test('kernels that do not exist are refused', () => {
    expect(() => createKernels({ kernels: 'gpu' as 'blas' })).toThrow(refused(/auto.*gpu/s))
  })

  test('a search is made once, and remembered', () => {
    expect(findBlas(NOWHERE)).toBe(findBlas(NOWHERE))
  })
})
