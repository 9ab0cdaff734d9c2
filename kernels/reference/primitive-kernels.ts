/**
 * The plain implementation that all others are measured against: loops over typed arrays, in float32 or float64,
 * with every sum taken in float64.
 */
import {
  allocate,
  type Lease,
  type Numbers,
  type Operand,
  type Precision,
  type RandomKey,
  type Shape,
  type Statistics,
  sameShape,
  showShape,
  sizeOf,
  Tensor,
  type Transposition,
} from '../../core/index.ts'
import { type BlockSource, SlotLease } from '../lease.ts'
import {
  around,
  atLeastOne,
  broadcastOrThrow,
  demandRepeated,
  demandSameShape,
  joinedShape,
  lastAxis,
  mismatch,
  partShape,
  rowsOf,
} from '../shapes.ts'
import { repeatedPlaces, zip } from './broadcast.ts'
import { matMulNN, matMulNT, matMulTN } from './mat-mul.ts'

export class PrimitiveKernels implements BlockSource<Numbers> {
  readonly name = 'reference'
  readonly precision: Precision
  readonly description = 'plain JavaScript'
  readonly limit = Number.POSITIVE_INFINITY
  private current: SlotLease<Numbers> = this.lease()
  private found = false

  constructor(precision: Precision = 'float32') {
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

  lease(): SlotLease<Numbers> {
    return new SlotLease(this)
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

  dispose(): void {
    this.current = this.lease()
  }

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

  // --- making ---------------------------------------------------------------------------------------------

  fill(shape: Shape, value: number): Tensor {
    const y = this.empty(shape)
    y.data.fill(value)
    return y
  }

  copy(x: Tensor): Tensor {
    const y = this.empty(x.shape)
    y.data.set(x.data)
    return y
  }

  reshape(x: Tensor, shape: Shape): Tensor {
    if (sizeOf(shape) !== x.size) throw mismatch('reshape', `a shape of ${x.size} entries`, showShape(shape))
    return new Tensor(shape, x.data)
  }

  slice(x: Tensor, axis: number, start: number, length: number): Tensor {
    const y = this.empty(partShape(x, axis, start, length))
    const { before, after } = around('slice', x.shape, axis)
    const whole = x.shape[axis] as number
    for (let i = 0; i < before; i++) {
      const from = (i * whole + start) * after
      y.data.set(x.data.subarray(from, from + length * after), i * length * after)
    }
    return y
  }

  concatenate(tensors: readonly Tensor[], axis: number): Tensor {
    const y = this.empty(joinedShape(tensors, axis))
    const { before, after } = around('concatenate', y.shape, axis)
    const whole = y.size / (before || 1)
    let start = 0
    for (const { shape, data } of tensors) {
      const run = (shape[axis] as number) * after
      for (let i = 0; i < before; i++) y.data.set(data.subarray(i * run, (i + 1) * run), i * whole + start)
      start += run
    }
    return y
  }

  bernoulli(shape: Shape, probability: number, key: RandomKey): Tensor {
    const y = this.empty(shape)
    const words = key.bits(y.size)
    for (let i = 0; i < y.size; i++) y.data[i] = (words[i] as number) < probability * 2 ** 32 ? 1 : 0
    return y
  }

  // --- entry by entry, of two tensors -------------------------------------------------------------------------

  add(a: Tensor, b: Tensor): Tensor {
    return this.zip('add', a, b, (a, b) => a + b)
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return this.zip('sub', a, b, (a, b) => a - b)
  }

  mul(a: Tensor, b: Tensor): Tensor {
    return this.zip('mul', a, b, (a, b) => a * b)
  }

  div(a: Tensor, b: Tensor): Tensor {
    return this.zip('div', a, b, (a, b) => a / b)
  }

  addScaled(a: Tensor, b: Tensor, factor: number): Tensor {
    demandSameShape('addScaled', a, b)
    return this.zip('addScaled', a, b, (a, b) => a + factor * b)
  }

  wherePositive(x: Tensor, a: Operand, b: Operand): Tensor {
    const y = this.empty(x.shape)
    for (const operand of [a, b])
      if (typeof operand !== 'number') demandSameShape('wherePositive', x, operand)
    const at = (operand: Operand, i: number) =>
      typeof operand === 'number' ? operand : (operand.data[i] as number)
    for (let i = 0; i < y.size; i++) y.data[i] = (x.data[i] as number) > 0 ? at(a, i) : at(b, i)
    return y
  }

  equal(a: Tensor, b: Tensor): Tensor {
    return this.zip('equal', a, b, (a, b) => (a === b ? 1 : 0))
  }

  // --- entry by entry, of one tensor ------------------------------------------------------------------------

  scale(x: Tensor, factor: number): Tensor {
    return this.map(x, x => x * factor)
  }

  addScalar(x: Tensor, value: number): Tensor {
    return this.map(x, x => x + value)
  }

  oneMinus(x: Tensor): Tensor {
    return this.map(x, x => 1 - x)
  }

  maximum(x: Tensor, value: number): Tensor {
    return this.map(x, x => Math.max(x, value))
  }

  greater(x: Tensor, value: number): Tensor {
    return this.map(x, x => (x > value ? 1 : 0))
  }

  abs(x: Tensor): Tensor {
    return this.map(x, Math.abs)
  }

  square(x: Tensor): Tensor {
    return this.map(x, x => x * x)
  }

  sqrt(x: Tensor): Tensor {
    return this.map(x, Math.sqrt)
  }

  exp(x: Tensor): Tensor {
    return this.map(x, Math.exp)
  }

  expm1(x: Tensor): Tensor {
    return this.map(x, Math.expm1)
  }

  log(x: Tensor): Tensor {
    return this.map(x, Math.log)
  }

  tanh(x: Tensor): Tensor {
    return this.map(x, Math.tanh)
  }

  relu(x: Tensor): Tensor {
    return this.map(x, x => Math.max(x, 0))
  }

  sigmoid(x: Tensor): Tensor {
    // For x < 0 the form e^x / (1 + e^x) keeps all its digits where 1 / (1 + e^-x) would overflow.
    return this.map(x, x => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))))
  }

  softplus(x: Tensor): Tensor {
    return this.map(x, x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))))
  }

  // --- along the last axis ------------------------------------------------------------------------------------

  softmax(x: Tensor): Tensor {
    return this.rows(x, (row, y) => {
      const top = largest(row)
      let sum = 0
      for (let j = 0; j < row.length; j++) sum += Math.exp((row[j] as number) - top)
      for (let j = 0; j < row.length; j++) y[j] = Math.exp((row[j] as number) - top) / sum
    })
  }

  logSoftmax(x: Tensor): Tensor {
    return this.rows(x, (row, y) => {
      const top = largest(row)
      let sum = 0
      for (let j = 0; j < row.length; j++) sum += Math.exp((row[j] as number) - top)
      for (let j = 0; j < row.length; j++) y[j] = (row[j] as number) - top - Math.log(sum)
    })
  }

  sumLastAxis(x: Tensor): Tensor {
    return this.reduceRows(x, total)
  }

  argMaxLastAxis(x: Tensor): Tensor {
    return this.reduceRows(x, row => {
      let best = 0
      for (let j = 1; j < row.length; j++) if ((row[j] as number) > (row[best] as number)) best = j
      return best
    })
  }

  // --- all together -------------------------------------------------------------------------------------------

  sum(x: Tensor): Tensor {
    return this.fill([], total(x.data))
  }

  mean(x: Tensor): Tensor {
    return this.fill([], total(x.data) / x.size)
  }

  sumTo(x: Tensor, shape: Shape): Tensor {
    if (sameShape(x.shape, shape)) return x
    demandRepeated(x.shape, shape)
    const sums = new Float64Array(sizeOf(shape))
    const places = repeatedPlaces(x.shape, shape)
    for (let i = 0; i < x.size; i++) {
      const place = places[i] as number
      sums[place] = (sums[place] as number) + (x.data[i] as number)
    }
    const y = this.empty(shape)
    y.data.set(sums)
    return y
  }

  addAll(tensors: readonly Tensor[]): Tensor {
    const first = atLeastOne('addAll', tensors)
    for (const tensor of tensors) demandSameShape('addAll', first, tensor)
    const y = this.empty(first.shape)
    for (let i = 0; i < y.size; i++) {
      let sum = 0
      for (let j = 0; j < tensors.length; j++) sum += (tensors[j] as Tensor).data[i] as number
      y.data[i] = sum
    }
    return y
  }

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

  // --- products -----------------------------------------------------------------------------------------------

  matMul(a: Tensor, b: Tensor, transposition: Transposition = 'nn'): Tensor {
    const [aRows, aColumns] = [rowsOf(a), lastAxis(a)]
    const [bRows, bColumns] = [rowsOf(b), lastAxis(b)]
    const inner = transposition === 'tn' ? aRows : aColumns
    if (inner !== (transposition === 'nt' ? bColumns : bRows)) {
      throw mismatch(
        `matMul '${transposition}'`,
        `a factor that fits ${showShape(a.shape)}`,
        showShape(b.shape),
      )
    }
    if (transposition === 'tn') {
      const y = this.empty([aColumns, bColumns])
      matMulTN(y.data, a.data, b.data, aColumns, bColumns, aRows)
      return y
    }
    const columns = transposition === 'nt' ? bRows : bColumns
    const y = this.empty([...a.shape.slice(0, -1), columns])
    const multiply = transposition === 'nt' ? matMulNT : matMulNN
    multiply(y.data, a.data, b.data, aRows, columns, aColumns)
    return y
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

  tallyMoments(totals: Tensor, index: number, x: Tensor): void {
    const { data } = totals
    for (let i = 0; i < x.size; i++) {
      // Welford, "Note on a method for calculating corrected sums of squares and products" (1962)
      const count = (data[index] as number) + 1
      const distance = (x.data[i] as number) - (data[index + 1] as number)
      const mean = (data[index + 1] as number) + distance / count
      data[index] = count
      data[index + 1] = mean
      data[index + 2] = (data[index + 2] as number) + distance * ((x.data[i] as number) - mean)
    }
  }

  // --- shared loops ---------------------------------------------------------------------------------------------

  private map(x: Tensor, f: (x: number) => number): Tensor {
    const y = this.empty(x.shape)
    for (let i = 0; i < y.size; i++) y.data[i] = f(x.data[i] as number)
    return y
  }

  private zip(kernel: string, a: Tensor, b: Tensor, f: (a: number, b: number) => number): Tensor {
    const y = this.empty(sameShape(a.shape, b.shape) ? a.shape : broadcastOrThrow(kernel, a.shape, b.shape))
    zip(y.data, y.shape, a.data, a.shape, b.data, b.shape, f)
    return y
  }

  private rows(x: Tensor, f: (row: Tensor['data'], y: Tensor['data']) => void): Tensor {
    const length = lastAxis(x)
    const y = this.empty(x.shape)
    for (let start = 0; start < x.size; start += length) {
      f(x.data.subarray(start, start + length), y.data.subarray(start, start + length))
    }
    return y
  }

  private reduceRows(x: Tensor, f: (row: Tensor['data']) => number): Tensor {
    const length = lastAxis(x)
    const y = this.empty(x.shape.with(-1, 1))
    for (let i = 0; i < y.size; i++) y.data[i] = f(x.data.subarray(i * length, (i + 1) * length))
    return y
  }
}

function total(data: Tensor['data']): number {
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += data[i] as number
  return sum
}

function largest(data: Tensor['data']): number {
  let largest = -Infinity
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, data[i] as number)
  return largest
}
