/**
 * The contract of the `Kernels` interface: one suite that every implementation runs.
 *
 * Expected numbers come from plain formulas in float64 on the numbers that the operands really hold; results may
 * differ from them by a share of the largest entry, 2e-5 in float32 and 1e-12 in float64.
 */
import { describe } from 'vitest'
import type { Precision } from '../../core/index.ts'
import { Bed, type MakeKernels } from './contract/bed.ts'
import { ofOneTensor, ofTwoTensors } from './contract/entry-by-entry.ts'
import { making } from './contract/making.ts'
import { memory } from './contract/memory.ts'
import { products } from './contract/products.ts'
import { refusals } from './contract/refusals.ts'
import { allTogether, alongTheLastAxis, totals } from './contract/sums.ts'

const sections: Record<string, (bed: Bed) => void> = {
  'entry by entry, of one tensor': ofOneTensor,
  'entry by entry, of two tensors': ofTwoTensors,
  'along the last axis': alongTheLastAxis,
  'all together': allTogether,
  products,
  totals,
  making,
  memory,
  'operands that do not fit': refusals,
}

/** Runs the contract. An implementation that has one precision alone says so, and why, where it calls this. */
export function kernelsContract(
  name: string,
  make: MakeKernels,
  precisions: readonly Precision[] = ['float32', 'float64'],
): void {
  describe.each(precisions)(`${name} kernels in %s`, precision => {
    const bed = new Bed(make, precision)
    for (const [title, section] of Object.entries(sections)) describe(title, () => section(bed))
  })
}
