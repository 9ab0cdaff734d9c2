/** What goes along rows, through all entries, and through two matrices. */
import {
  type Shape,
  type Statistics,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
  type Transposition,
} from '../../core/index.ts'
import { atLeastOne, demandRepeated, demandSameShape, lastAxis, mismatch, rowsOf } from '../shapes.ts'
import { EntryKernels } from './entry-kernels.ts'
import type { WasmTensor } from './memory.ts'
import type { Block } from './spare-blocks.ts'

export const SCALAR: Shape = []

/** How many figures the statistics of a tensor are made from. */
const FIGURES = 7

export class ReducingKernels extends EntryKernels {
  private figures: Block | undefined
  private flags = new Int32Array(0)

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
  protected sumAxes(x: Tensor, shape: Shape): Tensor {
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
    for (let i = 0; i < tensors.length; i++) this.wasm.note(list.pointer, i, this.at(tensors[i] as Tensor))
    this.wasm.addAll(y.pointer, list.pointer, tensors.length, y.size)
    return y
  }

  // --- looking ------------------------------------------------------------------------------------------------

  allFinite(x: Tensor): boolean {
    return this.wasm.allFinite(this.at(x), x.size) === 1
  }

  checkFinite(x: Tensor): void {
    if (!this.checked.includes(x)) this.wasm.check(this.at(x), x.size, this.flag)
  }

  foundNonFinite(): boolean {
    // Read where it lies, which takes less than a call of the module.
    if (this.flags.length === 0) this.flags = new Int32Array(this.memory.memory.buffer, this.flag, 1)
    this.memory.read = true
    const { flags } = this
    if (flags[0] === 0) return false
    flags[0] = 0
    return true
  }

  statistics(x: Tensor): Statistics {
    this.figures ??= this.allocate(2 * FIGURES)
    const { pointer } = this.figures
    this.wasm.statistics(pointer, this.at(x), x.size)
    this.memory.read = true
    const figures = new Float64Array(this.memory.memory.buffer, pointer, FIGURES)
    const [finite = 0, mean = 0, deviations = 0, squares = 0, minimum = 0, maximum = 0, zeros = 0] = figures
    const any = finite > 0
    return {
      count: x.size,
      mean: any ? mean : 0,
      standardDeviation: any ? Math.sqrt(Math.max(deviations, 0) / finite) : 0,
      minimum: any ? minimum : 0,
      maximum: any ? maximum : 0,
      norm: Math.sqrt(squares),
      zeros: x.size > 0 ? zeros / x.size : 0,
      nonFinite: x.size - finite,
    }
  }

  // --- products -----------------------------------------------------------------------------------------------

  matMul(a: Tensor, b: Tensor, transposition: Transposition = 'nn'): WasmTensor {
    const aRows = rowsOf(a)
    const aColumns = lastAxis(a)
    const bRows = rowsOf(b)
    const bColumns = lastAxis(b)
    const tn = transposition === 'tn'
    const nt = transposition === 'nt'
    const inner = tn ? aRows : aColumns
    if (inner !== (nt ? bColumns : bRows)) {
      const fitting = `a factor that fits ${showShape(a.shape)}`
      throw mismatch(`matMul '${transposition}'`, fitting, showShape(b.shape))
    }
    const m = tn ? aColumns : aRows
    const n = nt ? bRows : bColumns
    const y = tn ? this.current.takeMatrix(m, n) : this.emptyRows(a, n)
    this.product.multiply(y.pointer, this.at(a), this.at(b), m, n, inner, tn ? 2 : nt ? 1 : 0)
    return y
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
export const rows = ({ size }: Tensor, columns: number): number => (columns === 0 ? 0 : size / columns)
