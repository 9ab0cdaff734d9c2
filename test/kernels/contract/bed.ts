/** What each test of the contract stands on: fresh kernels with an open lease, and ways to compare. */
import { beforeEach, expect } from 'vitest'
import {
  GradstreamError,
  type Kernels,
  type Lease,
  type Precision,
  RandomKey,
  type Shape,
  sameShape,
  sizeOf,
  type Tensor,
} from '../../../core/index.ts'

export type MakeKernels = (precision: Precision) => Kernels

/**
 * Marks what lies around the tensors that kernels will make. The function that is returned says what has happened to it,
 * if anything: whatever is written there was not meant to be.
 */
export type Surroundings = (kernels: Kernels) => () => string | undefined

/** How far a result may be from its formula, as a share of the largest entry. */
const TOLERANCE = { float32: 2e-5, float64: 1e-12 } as const

export class Bed {
  readonly precision: Precision
  readonly make: MakeKernels
  /** The share of all small shapes that is tried. */
  readonly drawn: number
  k!: Kernels
  lease!: Lease
  private spoilt!: () => string | undefined

  constructor(make: MakeKernels, surroundings: Surroundings, precision: Precision, drawn: number) {
    this.make = make
    this.drawn = drawn
    this.precision = precision
    beforeEach(() => {
      this.k = make(precision)
      this.spoilt = surroundings(this.k)
      this.lease = this.k.lease()
      this.k.lend(this.lease)
      return () => {
        this.expectIntact('in the end')
        this.k.dispose()
      }
    })
  }

  /** Nothing was written around any tensor. */
  expectIntact(what: string): void {
    const spoilt = this.spoilt()
    if (spoilt !== undefined) expect.fail(`${what}: ${spoilt} was written`)
  }

  get tolerance(): number {
    return TOLERANCE[this.precision]
  }

  /** A kept tensor of numbers in [minimum, maximum), the same in each run. */
  random(shape: Shape, seed: number | string = 0, minimum = -2, maximum = 2): Tensor {
    const key = RandomKey.of(9).child(shape.join()).child(seed)
    return this.k.tensor(shape, key.uniform(sizeOf(shape), minimum, maximum))
  }

  /** A lent tensor of given numbers, so that thousands of them need no more memory than the largest. */
  lent(shape: Shape, values: ArrayLike<number>): Tensor {
    const x = this.k.empty(shape)
    x.data.set(values)
    return x
  }

  /**
   * Compares a result with its formula; NaN and infinities must stand at the same places. `least` is how large the
   * entries are that it was made of, where they may cancel.
   */
  expectNear(got: Tensor, shape: Shape, expected: readonly number[], what = '', least = 0): void {
    const { precision, tolerance } = this
    const { data } = got
    // Plain comparisons: an `expect` takes longer than most kernels, and there are a million of these.
    if (!sameShape(got.shape, shape)) expect.fail(`${what} has [${got.shape}], not [${shape}]`)
    if (data.length !== sizeOf(shape)) expect.fail(`${what} has ${data.length} entries`)
    if (data.constructor !== (precision === 'float64' ? Float64Array : Float32Array))
      expect.fail(`${what} is a ${data.constructor.name}`)
    if (expected.length !== data.length) expect.fail(`${what} is compared with ${expected.length} entries`)
    let largest = least
    for (const value of expected) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value))
    for (let i = 0; i < expected.length; i++) {
      const [entry, value] = [data[i] as number, expected[i] as number]
      const near = Number.isFinite(value)
        ? Math.abs(entry - value) <= tolerance * largest
        : Object.is(entry, value)
      if (!near) expect.fail(`${what} entry ${i} is ${entry}, not ${value}`)
    }
  }
}

export function refusesShape(work: () => unknown): void {
  let thrown: unknown
  try {
    work()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(GradstreamError)
  expect(thrown).toMatchObject({ code: 'SHAPE_MISMATCH' })
}
