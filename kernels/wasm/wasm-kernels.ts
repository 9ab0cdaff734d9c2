/** Kernels in WebAssembly with SIMD, float32: every tensor in one memory, every operation one call. */
import {
  type Activation,
  type Kernels,
  type Lease,
  type MomentumSettings,
  type Operand,
  type RandomKey,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
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
import type { WasmInstance } from './instance.ts'
import { type Block, MEMORY_LIMIT, type WasmMemory, WasmTensor } from './memory.ts'
import type { Binary, Exports, Loss, Slope, Unary } from './module.ts'
import type { MatrixProduct } from './product.ts'
import { layoutOf } from './repetition.ts'

/** Bytes of a number. */
const NUMBER = Float32Array.BYTES_PER_ELEMENT
const SCALAR: Shape = []
const TRANSPOSITIONS = { nn: 0, nt: 1, tn: 2 } as const
const ACTIVATIONS = { none: 0, relu: 1, sigmoid: 2, tanh: 3 } as const

export class WasmKernels implements Kernels, BlockSource<Block, WasmTensor> {
  readonly name: 'wasm' | 'blas'
  readonly precision = 'float32'
  readonly limit = MEMORY_LIMIT
  private readonly memory: WasmMemory
  private readonly wasm: Exports
  private readonly product: MatrixProduct
  private readonly faster: string | undefined
  private current: SlotLease<Block, WasmTensor> = this.lease()

  /** `faster` says why nothing faster runs. */
  constructor(
    name: 'wasm' | 'blas',
    { memory, exports }: WasmInstance,
    product: MatrixProduct,
    faster?: string,
  ) {
    this.name = name
    this.faster = faster
    this.memory = memory
    this.wasm = exports
    this.product = product
  }

  get description(): string {
    const { product, faster } = this
    return faster === undefined ? product.description : `${product.description}; ${faster}`
  }

  // --- memory ---------------------------------------------------------------------------------------------

  tensor(shape: Shape, values?: ArrayLike<number>): Tensor {
    const made = this.view(shape, this.allocate(sizeOf(shape)))
    if (values === undefined) made.data.fill(0)
    else if (values.length === made.size) made.data.set(values)
    else throw mismatch('tensor', `${made.size} values`, values.length)
    return made
  }

  lease(): SlotLease<Block, WasmTensor> {
    return new SlotLease(this)
  }

  lend(lease: Lease): void {
    this.current = lease as SlotLease<Block, WasmTensor>
    this.current.open()
  }

  owns(lease: Lease, tensor: Tensor): boolean {
    return (lease as SlotLease<Block, WasmTensor>).holds(tensor)
  }

  free(lease: Lease): void {
    ;(lease as SlotLease<Block, WasmTensor>).free()
  }

  empty(shape: Shape): WasmTensor {
    return this.current.take(shape)
  }

  dispose(): void {
    this.product.dispose()
  }

  /** A result of the shape of `x` but for its last axis. */
  private emptyRows({ shape }: Tensor, columns: number): WasmTensor {
    if (shape.length === 2) return this.current.takeMatrix(shape[0] as number, columns)
    return this.current.take(shape.with(-1, columns))
  }

  /** Where a tensor lies in the memory; one from elsewhere is copied there. */
  private at(x: Tensor): number {
    if (x instanceof WasmTensor && x.memory === this.memory) return x.pointer
    const copy = this.empty(x.shape)
    copy.data.set(x.data)
    return copy.pointer
  }

  // --- blocks, for leases -------------------------------------------------------------------------------------

  allocate(size: number): Block {
    return this.memory.allocate(size * NUMBER)
  }

  capacity(block: Block): number {
    return block.bytes / NUMBER
  }

  release(block: Block): void {
    this.memory.release(block)
  }

  view(shape: Shape, { pointer }: Block): WasmTensor {
    return new WasmTensor(shape, this.memory, pointer, sizeOf(shape))
  }

  // --- making ---------------------------------------------------------------------------------------------

  fill(shape: Shape, value: number): Tensor {
    const y = this.empty(shape)
    this.wasm.fill(y.pointer, y.size, value)
    return y
  }

  copy(x: Tensor): Tensor {
    const y = this.empty(x.shape)
    this.wasm.copyRuns(y.pointer, this.at(x), x.size * NUMBER, 1, 0, 0)
    return y
  }

  reshape(x: Tensor, shape: Shape): Tensor {
    if (sizeOf(shape) !== x.size) throw mismatch('reshape', `a shape of ${x.size} entries`, showShape(shape))
    return new WasmTensor(shape, this.memory, this.at(x), x.size)
  }

  slice(x: Tensor, axis: number, start: number, length: number): Tensor {
    const y = this.empty(partShape(x, axis, start, length))
    const { before, after } = around('slice', x.shape, axis)
    const run = after * NUMBER
    const stride = (x.shape[axis] as number) * run
    this.wasm.copyRuns(y.pointer, this.at(x) + start * run, length * run, before, length * run, stride)
    return y
  }

  concatenate(tensors: readonly Tensor[], axis: number): Tensor {
    const y = this.empty(joinedShape(tensors, axis))
    const { before, after } = around('concatenate', y.shape, axis)
    const stride = (y.shape[axis] as number) * after * NUMBER
    let place = y.pointer
    for (const x of tensors) {
      const run = (x.shape[axis] as number) * after * NUMBER
      this.wasm.copyRuns(place, this.at(x), run, before, stride, run)
      place += run
    }
    return y
  }

  bernoulli(shape: Shape, probability: number, { k0, k1 }: RandomKey): Tensor {
    const limit = Math.ceil(probability * 2 ** 32)
    if (limit >= 2 ** 32) return this.fill(shape, 1)
    const y = this.empty(shape)
    this.wasm.bernoulli(y.pointer, y.size, k0, k1, limit)
    return y
  }

  // --- entry by entry, of two tensors -------------------------------------------------------------------------

  add(a: Tensor, b: Tensor): Tensor {
    return this.zip('add', this.wasm.add, a, b)
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return this.zip('sub', this.wasm.sub, a, b)
  }

  mul(a: Tensor, b: Tensor): Tensor {
    return this.zip('mul', this.wasm.mul, a, b)
  }

  div(a: Tensor, b: Tensor): Tensor {
    return this.zip('div', this.wasm.div, a, b)
  }

  equal(a: Tensor, b: Tensor): Tensor {
    return this.zip('equal', this.wasm.equal, a, b)
  }

  addScaled(a: Tensor, b: Tensor, factor: number): Tensor {
    demandSameShape('addScaled', a, b)
    const y = this.empty(a.shape)
    this.wasm.addScaled(y.pointer, this.at(a), this.at(b), y.size, factor)
    return y
  }

  wherePositive(x: Tensor, a: Operand, b: Operand): Tensor {
    const y = this.empty(x.shape)
    const left = this.operand(x, a)
    const right = this.operand(x, b)
    // The null pointer says that a number stands for the whole tensor.
    const aNumber = typeof a === 'number' ? a : 0
    const bNumber = typeof b === 'number' ? b : 0
    this.wasm.wherePositive(y.pointer, this.at(x), left, right, y.size, aNumber, bNumber)
    return y
  }

  private operand(x: Tensor, operand: Operand): number {
    if (typeof operand === 'number') return 0
    demandSameShape('wherePositive', x, operand)
    return this.at(operand)
  }

  private zip(name: string, kernel: Binary, a: Tensor, b: Tensor): Tensor {
    if (sameShape(a.shape, b.shape)) {
      const y = this.empty(a.shape)
      kernel(y.pointer, this.at(a), this.at(b), 1, y.size, 0, 0, 0)
      return y
    }
    const shape = broadcastOrThrow(name, a.shape, b.shape)
    const layout = layoutOf(shape, a.shape, b.shape)
    if (layout === undefined) return this.zip(name, kernel, this.repeated(a, shape), this.repeated(b, shape))
    const { rows, columns, aStride, bStride, single } = layout
    const y = this.empty(shape)
    kernel(y.pointer, this.at(a), this.at(b), rows, columns, aStride * NUMBER, bStride * NUMBER, single)
    return y
  }

  /** A tensor as it is in another, larger shape. */
  private repeated(x: Tensor, shape: Shape): Tensor {
    const present = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape]
    let made = x
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const length = shape[axis] as number
      if (present[axis] === length) continue
      const { before, after } = around('repeat', present, axis)
      present[axis] = length
      const y = this.empty(present)
      this.wasm.repeat(y.pointer, this.at(made), before, length, after)
      made = y
    }
    return this.reshape(made, shape)
  }

  // --- entry by entry, of one tensor ------------------------------------------------------------------------

  scale(x: Tensor, factor: number): Tensor {
    const y = this.empty(x.shape)
    this.wasm.scale(y.pointer, this.at(x), y.size, factor)
    return y
  }

  addScalar(x: Tensor, value: number): Tensor {
    const y = this.empty(x.shape)
    this.wasm.addScalar(y.pointer, this.at(x), y.size, value)
    return y
  }

  oneMinus(x: Tensor): Tensor {
    return this.map(this.wasm.oneMinus, x)
  }

  maximum(x: Tensor, value: number): Tensor {
    const y = this.empty(x.shape)
    this.wasm.maximum(y.pointer, this.at(x), y.size, value)
    return y
  }

  greater(x: Tensor, value: number): Tensor {
    const y = this.empty(x.shape)
    this.wasm.greater(y.pointer, this.at(x), y.size, value)
    return y
  }

  abs(x: Tensor): Tensor {
    return this.map(this.wasm.abs, x)
  }

  square(x: Tensor): Tensor {
    return this.map(this.wasm.square, x)
  }

  sqrt(x: Tensor): Tensor {
    return this.map(this.wasm.sqrt, x)
  }

  exp(x: Tensor): Tensor {
    return this.map(this.wasm.exp, x)
  }

  expm1(x: Tensor): Tensor {
    return this.map(this.wasm.expm1, x)
  }

  log(x: Tensor): Tensor {
    return this.map(this.wasm.log, x)
  }

  tanh(x: Tensor): Tensor {
    return this.map(this.wasm.tanh, x)
  }

  relu(x: Tensor): Tensor {
    return this.map(this.wasm.relu, x)
  }

  sigmoid(x: Tensor): Tensor {
    return this.map(this.wasm.sigmoid, x)
  }

  softplus(x: Tensor): Tensor {
    return this.map(this.wasm.softplus, x)
  }

  private map(kernel: Unary, x: Tensor): Tensor {
    const y = this.empty(x.shape)
    kernel(y.pointer, this.at(x), y.size)
    return y
  }

  // --- along the last axis ------------------------------------------------------------------------------------

  softmax(x: Tensor): Tensor {
    const columns = lastAxis(x)
    const y = this.empty(x.shape)
    this.wasm.softmax(y.pointer, this.at(x), rows(y, columns), columns)
    return y
  }

  logSoftmax(x: Tensor): Tensor {
    const columns = lastAxis(x)
    const y = this.empty(x.shape)
    this.wasm.logSoftmax(y.pointer, this.at(x), rows(y, columns), columns)
    return y
  }

  sumLastAxis(x: Tensor): Tensor {
    const columns = lastAxis(x)
    const y = this.emptyRows(x, 1)
    this.wasm.sumAxis(y.pointer, this.at(x), y.size, columns, 1)
    return y
  }

  argMaxLastAxis(x: Tensor): Tensor {
    const columns = lastAxis(x)
    const y = this.emptyRows(x, 1)
    this.wasm.argMaxRows(y.pointer, this.at(x), y.size, columns)
    return y
  }

  // --- all together -------------------------------------------------------------------------------------------

  sum(x: Tensor): Tensor {
    const y = this.empty(SCALAR)
    this.wasm.fill(y.pointer, 1, this.wasm.sum(this.at(x), x.size))
    return y
  }

  mean(x: Tensor): Tensor {
    const y = this.empty(SCALAR)
    this.wasm.fill(y.pointer, 1, this.wasm.sum(this.at(x), x.size) / x.size)
    return y
  }

  sumTo(x: Tensor, shape: Shape): Tensor {
    if (sameShape(x.shape, shape)) return x
    if (isEnd(shape, x.shape)) {
      // Leading axes alone, such as the batch for a bias.
      const y = this.empty(shape)
      this.wasm.sumAxis(y.pointer, this.at(x), 1, y.size === 0 ? 0 : x.size / y.size, y.size)
      return y
    }
    demandRepeated(x.shape, shape)
    return this.reshape(this.sumAxes(x, shape), shape)
  }

  /** Sums over the axes that `shape` lacks or has with length 1, from the last on; neighbours are one. */
  private sumAxes(x: Tensor, shape: Shape): Tensor {
    const missing = x.shape.length - shape.length
    const isSummed = (axis: number) => axis < missing || shape[axis - missing] !== x.shape[axis]
    let sums = x
    let inner = 1
    for (let axis = x.shape.length - 1; axis >= 0; ) {
      if (!isSummed(axis)) {
        inner *= x.shape[axis--] as number
        continue
      }
      let length = 1
      for (; axis >= 0 && isSummed(axis); axis--) length *= x.shape[axis] as number
      const outer = sizeOf(x.shape.slice(0, axis + 1))
      const y = this.current.takeMatrix(outer, inner)
      this.wasm.sumAxis(y.pointer, this.at(sums), outer, length, inner)
      sums = y
    }
    return sums
  }

  addAll(tensors: readonly Tensor[]): Tensor {
    const first = atLeastOne('addAll', tensors)
    for (const tensor of tensors) demandSameShape('addAll', first, tensor)
    const y = this.empty(first.shape)
    const list = this.current.takeMatrix(1, tensors.length)
    const pointers = tensors.map(tensor => this.at(tensor))
    new Uint32Array(list.data.buffer, list.data.byteOffset, list.size).set(pointers)
    this.wasm.addAll(y.pointer, list.pointer, tensors.length, y.size)
    return y
  }

  allFinite(x: Tensor): boolean {
    return this.wasm.allFinite(this.at(x), x.size) === 1
  }

  // --- products -----------------------------------------------------------------------------------------------

  matMul(a: Tensor, b: Tensor, transposition: Transposition = 'nn'): WasmTensor {
    const aRows = rowsOf(a)
    const aColumns = lastAxis(a)
    const bRows = rowsOf(b)
    const bColumns = lastAxis(b)
    const inner = transposition === 'tn' ? aRows : aColumns
    if (inner !== (transposition === 'nt' ? bColumns : bRows)) {
      const fitting = `a factor that fits ${showShape(a.shape)}`
      throw mismatch(`matMul '${transposition}'`, fitting, showShape(b.shape))
    }
    const m = transposition === 'tn' ? aColumns : aRows
    const n = transposition === 'nt' ? bRows : bColumns
    const y = transposition === 'tn' ? this.current.takeMatrix(m, n) : this.emptyRows(a, n)
    this.product.multiply(y.pointer, this.at(a), this.at(b), m, n, inner, TRANSPOSITIONS[transposition])
    return y
  }

  affine(x: Tensor, kernel: Tensor, bias: Tensor, activation?: Activation): Tensor {
    const y = this.matMul(x, kernel)
    const columns = lastAxis(y)
    if (bias.shape.length !== 1 || bias.size !== columns)
      throw mismatch('affine', `a bias of shape [${columns}]`, showShape(bias.shape))
    this.wasm.addBias(y.pointer, this.at(bias), rows(y, columns), columns, ACTIVATIONS[activation ?? 'none'])
    return y
  }

  // --- compositions in one pass -------------------------------------------------------------------------------

  sigmoidGradient(dy: Tensor, y: Tensor): Tensor {
    demandSameShape('sigmoidGradient', dy, y)
    const dx = this.empty(y.shape)
    this.wasm.sigmoidGradient(dx.pointer, this.at(dy), this.at(y), dx.size)
    return dx
  }

  tanhGradient(dy: Tensor, y: Tensor): Tensor {
    demandSameShape('tanhGradient', dy, y)
    const dx = this.empty(y.shape)
    this.wasm.tanhGradient(dx.pointer, this.at(dy), this.at(y), dx.size)
    return dx
  }

  softplusGradient(dy: Tensor, x: Tensor): Tensor {
    demandSameShape('softplusGradient', dy, x)
    const dx = this.empty(x.shape)
    this.wasm.softplusGradient(dx.pointer, this.at(dy), this.at(x), dx.size)
    return dx
  }

  softmaxGradient(dy: Tensor, y: Tensor): Tensor {
    demandSameShape('softmaxGradient', dy, y)
    const columns = lastAxis(y)
    const dx = this.empty(y.shape)
    this.wasm.softmaxGradient(dx.pointer, this.at(dy), this.at(y), rows(y, columns), columns)
    return dx
  }

  squaredError(p: Tensor, t: Tensor): Tensor {
    return this.loss('squaredError', this.wasm.squaredError, p, t, 1 / p.size)
  }

  squaredErrorGradient(dJ: Tensor, p: Tensor, t: Tensor): Tensor {
    return this.slope('squaredErrorGradient', this.wasm.squaredErrorGradient, dJ, p, t, 1 / p.size)
  }

  binaryCrossentropy(p: Tensor, t: Tensor): Tensor {
    return this.loss('binaryCrossentropy', this.wasm.binaryCrossentropy, p, t, 1 / p.size)
  }

  binaryCrossentropyGradient(dJ: Tensor, p: Tensor, t: Tensor): Tensor {
    return this.slope(
      'binaryCrossentropyGradient',
      this.wasm.binaryCrossentropyGradient,
      dJ,
      p,
      t,
      1 / p.size,
    )
  }

  sigmoidCrossentropy(z: Tensor, t: Tensor): Tensor {
    return this.loss('sigmoidCrossentropy', this.wasm.sigmoidCrossentropy, z, t, 1 / z.size)
  }

  sigmoidCrossentropyGradient(dJ: Tensor, z: Tensor, t: Tensor): Tensor {
    return this.slope(
      'sigmoidCrossentropyGradient',
      this.wasm.sigmoidCrossentropyGradient,
      dJ,
      z,
      t,
      1 / z.size,
    )
  }

  categoricalCrossentropy(p: Tensor, t: Tensor): Tensor {
    return this.loss('categoricalCrossentropy', this.wasm.categoricalCrossentropy, p, t, 1 / samples(t))
  }

  categoricalCrossentropyGradient(dJ: Tensor, p: Tensor, t: Tensor): Tensor {
    return this.slope(
      'categoricalCrossentropyGradient',
      this.wasm.categoricalCrossentropyGradient,
      dJ,
      p,
      t,
      1 / samples(t),
    )
  }

  softmaxCrossentropy(z: Tensor, t: Tensor): Tensor {
    demandSameShape('softmaxCrossentropy', z, t)
    const columns = lastAxis(z)
    const count = rows(z, columns)
    const loss = this.empty(SCALAR)
    this.wasm.softmaxCrossentropy(loss.pointer, this.at(z), this.at(t), count, columns, 1 / samples(t))
    return loss
  }

  softmaxCrossentropyGradient(dJ: Tensor, z: Tensor, t: Tensor): Tensor {
    demandSameShape('softmaxCrossentropyGradient', z, t)
    const columns = lastAxis(z)
    const count = rows(z, columns)
    const dz = this.empty(z.shape)
    this.wasm.softmaxCrossentropyGradient(
      dz.pointer,
      this.at(dJ),
      this.at(z),
      this.at(t),
      count,
      columns,
      1 / samples(t),
    )
    return dz
  }

  private loss(name: string, kernel: Loss, p: Tensor, t: Tensor, weight: number): Tensor {
    demandSameShape(name, p, t)
    const loss = this.empty(SCALAR)
    kernel(loss.pointer, this.at(p), this.at(t), p.size, weight)
    return loss
  }

  private slope(name: string, kernel: Slope, dJ: Tensor, p: Tensor, t: Tensor, weight: number): Tensor {
    demandSameShape(name, p, t)
    const dp = this.empty(p.shape)
    kernel(dp.pointer, this.at(dJ), this.at(p), this.at(t), p.size, weight)
    return dp
  }

  sgdMomentum(
    value: Tensor,
    gradient: Tensor,
    velocity: Tensor,
    { learningRate, momentum, nesterov, weightDecay }: MomentumSettings,
  ): { value: Tensor; velocity: Tensor } {
    demandSameShape('sgdMomentum', value, gradient)
    demandSameShape('sgdMomentum', value, velocity)
    const next = this.empty(value.shape)
    const nextVelocity = this.empty(value.shape)
    this.wasm.sgdMomentum(
      next.pointer,
      nextVelocity.pointer,
      this.at(value),
      this.at(gradient),
      this.at(velocity),
      value.size,
      learningRate,
      momentum,
      nesterov ? 1 : 0,
      weightDecay,
    )
    return { value: next, velocity: nextVelocity }
  }

  // --- totals ---------------------------------------------------------------------------------------------------

  totals(count: number): Tensor {
    const { pointer } = this.memory.allocate(count * Float64Array.BYTES_PER_ELEMENT)
    const totals = new WasmTensor([count], this.memory, pointer, count, Float64Array)
    totals.data.fill(0)
    return totals
  }

  tally(totals: Tensor, index: number, x: Tensor, weight = 1): void {
    this.wasm.tally((totals as WasmTensor).pointer, index, this.at(x), x.size, weight)
  }
}

/** Whether a shape is how another one ends. */
function isEnd(end: Shape, shape: Shape): boolean {
  const missing = shape.length - end.length
  if (missing < 0) return false
  for (let axis = 0; axis < end.length; axis++) if (end[axis] !== shape[axis + missing]) return false
  return true
}

/** How many rows a tensor has. */
const rows = ({ size }: Tensor, columns: number): number => (columns === 0 ? 0 : size / columns)

const samples = (t: Tensor): number => t.size / lastAxis(t)
