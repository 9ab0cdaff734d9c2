/** The plain implementation that all others are measured against: in float32 or float64, with every sum taken in float64. */
import {
  allocate,
  Functions,
  KEY_NUMBERS,
  type Kernels,
  type Lease,
  type Numbers,
  type Precision,
  type RandomKey,
  type Shape,
  type Statistics,
  sizeOf,
  Tensor,
} from '../../core/index.ts'
import { type BlockSource, SlotLease } from '../lease.ts'
import { mismatch } from '../shapes.ts'
import { ReferenceArithmetic } from './reference-arithmetic.ts'

export class ReferenceKernels extends Functions<Tensor> implements Kernels, BlockSource<Numbers> {
  readonly name = 'reference'
  readonly precision: Precision
  readonly description = 'plain JavaScript'
  readonly limit = Number.POSITIVE_INFINITY
  readonly arithmetic = new ReferenceArithmetic(shape => this.empty(shape))
  private current: SlotLease<Numbers> = this.lease()
  private found = false

  constructor(precision: Precision = 'float32') {
    super()
    this.precision = precision
  }

  // --- memory ---------------------------------------------------------------------------------------------

  tensor(shape: Shape, values?: ArrayLike<number>): Tensor {
    const data = allocate(this.precision, sizeOf(shape))
    if (values) {
      if (values.length !== data.length) throw mismatch('tensor', `${data.length} values`, values.length)
      data.set(values)
    }
    return new Tensor(shape, data)
  }

  lease(owner?: string): SlotLease<Numbers> {
    return new SlotLease(this, owner)
  }

  lend(lease: Lease): void {
    this.current = lease as SlotLease<Numbers>
    this.current.open()
  }

  owns(lease: Lease, tensor: Tensor): boolean {
    return (lease as SlotLease<Numbers>).holds(tensor)
  }

  /** The garbage collector takes kept tensors. */
  free(memory: Lease | Tensor): void {
    if (memory instanceof SlotLease) memory.free()
  }

  empty(shape: Shape): Tensor {
    return this.current.take(shape)
  }

  protected keyNumbers(key: RandomKey): Tensor {
    const numbers = this.empty([KEY_NUMBERS])
    numbers.data.set(key.halves)
    return numbers
  }

  dispose(): void {
    this.current = this.lease()
  }

  // --- nothing is put off ---------------------------------------------------------------------------------------

  close(): void {}

  keep(): void {}

  flush(): void {}

  settle(): void {}

  discard(): void {}

  // --- blocks, for leases -------------------------------------------------------------------------------------

  allocate(size: number): Numbers {
    return allocate(this.precision, size)
  }

  capacity(block: Numbers): number {
    return block.length
  }

  /** The garbage collector does it. */
  release(): void {}

  view(shape: Shape, block: Numbers): Tensor {
    return new Tensor(shape, block.subarray(0, sizeOf(shape)))
  }

  // --- looking ------------------------------------------------------------------------------------------------

  allFinite(x: Tensor): boolean {
    for (let i = 0; i < x.size; i++) if (!Number.isFinite(x.data[i])) return false
    return true
  }

  checkFinite(x: Tensor): void {
    this.found ||= !this.allFinite(x)
  }

  foundNonFinite(): boolean {
    const { found } = this
    this.found = false
    return found
  }

  statistics({ data, size }: Tensor): Statistics {
    const finite = data.filter(Number.isFinite)
    const count = finite.length
    let [sum, squares, deviations, zeros] = [0, 0, 0, 0]
    let [minimum, maximum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const value of finite) {
      sum += value
      squares += value * value
      if (value === 0) zeros++
      minimum = Math.min(minimum, value)
      maximum = Math.max(maximum, value)
    }
    const mean = count > 0 ? sum / count : 0
    for (const value of finite) deviations += (value - mean) ** 2
    return {
      count: size,
      mean,
      standardDeviation: count > 0 ? Math.sqrt(deviations / count) : 0,
      minimum: count > 0 ? minimum : 0,
      maximum: count > 0 ? maximum : 0,
      norm: Math.sqrt(squares),
      zeros: size > 0 ? zeros / size : 0,
      nonFinite: size - count,
    }
  }

  // --- totals ---------------------------------------------------------------------------------------------------

  totals(count: number): Tensor {
    return new Tensor([count], new Float64Array(count))
  }

  copyTotals(from: Tensor, to: Tensor): void {
    to.data.set(from.data)
  }

  tally(totals: Tensor, index: number, x: Tensor, weight = 1): void {
    totals.data[index] = (totals.data[index] as number) + weight * total(x.data)
  }

  tallyColumns(totals: Tensor, index: number, x: Tensor): void {
    const columns = x.shape.at(-1) ?? x.size
    for (let i = 0; i < x.size; i++) {
      const place = index + (i % columns)
      totals.data[place] = (totals.data[place] as number) + (x.data[i] as number)
    }
  }

  tallyMoments(totals: Tensor, index: number, x: Tensor, weights?: Tensor): void {
    const { data } = totals
    for (let i = 0; i < x.size; i++) {
      const weight = weights ? (weights.data[i] as number) : 1
      if (weight === 0) continue
      // West, "Updating mean and variance estimates: an improved method" (1979)
      const count = (data[index] as number) + weight
      const distance = (x.data[i] as number) - (data[index + 1] as number)
      const mean = (data[index + 1] as number) + (distance * weight) / count
      data[index] = count
      data[index + 1] = mean
      data[index + 2] = (data[index + 2] as number) + weight * distance * ((x.data[i] as number) - mean)
    }
  }
}

function total(data: Tensor['data']): number {
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += data[i] as number
  return sum
}
