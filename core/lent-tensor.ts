/** Lent tensors that detect late reads, for subscribers of models compiled with `debug`. */
import { GradstreamError } from './errors.ts'
import { type Numbers, Tensor } from './tensor.ts'

/** How long a tensor may be read. */
export interface Loan {
  /** Where it comes from, for errors. */
  readonly place: string
  /** When it may be read, and what to do instead of reading it later. Both are for errors. */
  readonly time: string
  readonly hint?: string
  readonly isOver: () => boolean
}

/** Gives access to a tensor while it is lent, and throws on a later read. */
export class LentTensor extends Tensor {
  private readonly lent: Tensor
  private readonly loan: Loan

  constructor(lent: Tensor, loan: Loan) {
    super(lent.shape, NO_NUMBERS)
    this.lent = lent
    this.loan = loan
  }

  /** A copy, so that `poison` can also expose code that kept the numbers without the tensor. */
  override get data(): Numbers {
    const { place, time, hint, isOver } = this.loan
    if (isOver()) {
      const expected = `its tensor to be read ${time}`
      throw new GradstreamError('STALE_TENSOR', {
        place,
        expected,
        got: 'a later read',
        ...(hint && { hint }),
      })
    }
    if (this.numbers === NO_NUMBERS) this.numbers = this.lent.data.slice()
    return this.numbers
  }

  override get size(): number {
    return this.lent.size
  }

  /** Overwrites the numbers that were read with NaN. */
  poison(): void {
    this.numbers.fill(Number.NaN)
  }

  override toString(): string {
    return this.loan.isOver()
      ? `Tensor [${this.shape.join(', ')}] of ${this.loan.place}, stale`
      : super.toString()
  }
}

const NO_NUMBERS = new Float32Array(0)
