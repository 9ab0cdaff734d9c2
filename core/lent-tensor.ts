/** Lent tensors that know when their time is over: what `debug` gives to those who watch. */
import { GradstreamError } from './errors.ts'
import { type Numbers, Tensor } from './tensor.ts'

/** Until when a tensor may be read. */
export interface Loan {
  /** Where it is from, for errors. */
  readonly place: string
  /** The time in which it may be read, and what to do instead of reading it later; both for errors. */
  readonly time: string
  readonly hint?: string
  readonly isOver: () => boolean
}

/** Shows a tensor while it is lent, and throws when it is read later. */
export class LentTensor extends Tensor {
  private readonly lent: Tensor
  private readonly loan: Loan

  constructor(lent: Tensor, loan: Loan) {
    super(lent.shape, NO_NUMBERS)
    this.lent = lent
    this.loan = loan
  }

  /** A copy, so that whoever keeps the numbers without the tensor can be told as well: see `poison`. */
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

  /** Makes NaN of the numbers that were read. */
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
