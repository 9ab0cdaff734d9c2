/** What is made, and what is done entry by entry. */
import {
  type Operand,
  type RandomKey,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
} from '../../core/index.ts'
import { around, broadcastOrThrow, demandSameShape, joinedShape, mismatch, partShape } from '../shapes.ts'
import { ArenaKernels, NUMBER } from './arena-kernels.ts'
import { WasmTensor } from './memory.ts'
import type { Binary, Unary } from './module.ts'
import { layoutOf } from './repetition.ts'

export class EntryKernels extends ArenaKernels {
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

  protected operand(x: Tensor, operand: Operand): number {
    if (typeof operand === 'number') return 0
    demandSameShape('wherePositive', x, operand)
    return this.at(operand)
  }

  protected zip(name: string, kernel: Binary, a: Tensor, b: Tensor): Tensor {
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
  protected repeated(x: Tensor, shape: Shape): Tensor {
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

  protected map(kernel: Unary, x: Tensor): Tensor {
    const y = this.empty(x.shape)
    kernel(y.pointer, this.at(x), y.size)
    return y
  }
}
