/**
 * The contract of the `Kernels` interface: one suite that every implementation runs.
 *
 * Expected numbers come from plain formulas in float64 on the numbers that the operands really hold; results may
 * differ from them by a share of the largest entry, 2e-5 in float32 and 1e-12 in float64.
 */
import { describe } from 'vitest'
import type { Precision } from '../../core/index.ts'
import { countOf } from '../support/counts.ts'
import { activationGradients } from './contract/activation-gradients.ts'
import { Bed, type MakeKernels, type Surroundings } from './contract/bed.ts'
import { empty } from './contract/empty.ts'
import { ofOneTensor, ofTwoTensors } from './contract/entry-by-entry.ts'
import { foreign } from './contract/foreign.ts'
import { everyLength } from './contract/lengths.ts'
import { losses } from './contract/losses.ts'
import { making } from './contract/making.ts'
import { memory } from './contract/memory.ts'
import { oddProducts } from './contract/odd-products.ts'
import { order } from './contract/order.ts'
import { products } from './contract/products.ts'
import { refusals } from './contract/refusals.ts'
import { room } from './contract/room.ts'
import { everyRowLength } from './contract/row-lengths.ts'
import { statistics } from './contract/statistics.ts'
import { allTogether, alongTheLastAxis, totals } from './contract/sums.ts'
import { updates } from './contract/updates.ts'

/** What takes longest comes last, so that a fault is seen soon by whoever stops there. */
const sections: Record<string, (bed: Bed) => void> = {
  'entry by entry, of one tensor': ofOneTensor,
  'along the last axis': alongTheLastAxis,
  'all together': allTogether,
  totals,
  'gradients of activations': activationGradients,
  'losses and their gradients': losses,
  updates,
  'every length': everyLength,
  'every length of rows': everyRowLength,
  statistics,
  'nothing at all': empty,
  making,
  'order, places and random numbers': order,
  memory,
  'operands from elsewhere': foreign,
  'operands that do not fit': refusals,
  'entry by entry, of two tensors': ofTwoTensors,
  products,
  'products of odd shapes': oddProducts,
}

/** Where the reference stands for what is right. */
const againstTheReference: Record<string, (bed: Bed) => void> = {
  'every small shape, and nothing beside it': room,
}

/** The share of all small shapes that is tried where not all of them are. */
const SOME = countOf({ usual: 0.01, full: 0.04 })

/** What goes through a matrix product, or where memory is given out. */
const ofProducts = [
  ...['making', 'memory', 'operands from elsewhere', 'operands that do not fit', 'products'],
  'products of odd shapes',
]

interface Implementation {
  readonly make: MakeKernels
  /** How it shows that nothing is written beside a result. */
  readonly surroundings: Surroundings
  /** An implementation that has one precision alone says so, and why, where it calls this. */
  readonly precisions?: readonly Precision[]
  /**
   * Whether it differs from one that keeps the whole contract by its products alone. Then the rest is said with full counts
   * only, and of some small shapes.
   */
  readonly hasOtherProducts?: boolean
  /** Of the reference all is said by formulas, since it would be held against itself. */
  readonly isReference?: boolean
}

/** Runs the contract. */
export function kernelsContract(
  name: string,
  {
    make,
    surroundings,
    precisions = ['float32', 'float64'],
    hasOtherProducts = false,
    isReference = false,
  }: Implementation,
): void {
  const all = isReference ? sections : { ...sections, ...againstTheReference }
  const isShort = hasOtherProducts && countOf({ usual: true, full: false })
  const own = Object.entries(all).filter(([title]) => !isShort || ofProducts.includes(title))
  describe.each(precisions)(`${name} kernels in %s`, precision => {
    const bed = new Bed(
      make,
      surroundings,
      precision,
      hasOtherProducts ? SOME : countOf({ usual: SOME, full: 1 }),
    )
    for (const [title, section] of own) describe(title, () => section(bed))
  })
}
