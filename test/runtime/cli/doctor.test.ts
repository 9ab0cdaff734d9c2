/** `gradstream doctor`. */
import { describe, expect, test } from 'vitest'
import { findBlas } from '../../../kernels/blas/library.ts'
import { createKernels } from '../../../kernels/index.ts'
import { doctor } from '../../../runtime/cli/doctor.ts'

describe('doctor', () => {
  const lines = doctor().split('\n')
  const row = (name: string) =>
    lines.find(line => line.startsWith(name)) ?? lines.find(line => line.includes(` ${name} `)) ?? ''

  test('says what runs, and how fast', () => {
    expect(lines[0]).toContain(process.version)
    for (const name of ['wasm', 'reference']) expect(row(name)).toMatch(/\d GFLOP\/s/)
  })

  test("says what 'auto' takes", () => {
    const kernels = createKernels()
    kernels.dispose()
    expect(lines).toContain(`kernels: 'auto' selects ${kernels.name}.`)
  })

  test('names the BLAS library, or says how to get one', () => {
    const { library, reason } = { reason: '', ...findBlas() }
    expect(lines.at(-1)).toContain(library ? library.path : reason)
    if (library) expect(row('blas')).toMatch(/GFLOP\/s/)
    else expect(row('blas')).toContain('not here')
  })
})
