/** Kernels in WebAssembly with SIMD, float32: every tensor in one memory, every operation one call. */
import {
  type Activation,
  type DescentSettings,
  type Kernels,
  type MomentumSettings,
  showShape,
  type Tensor,
} from '../../core/index.ts'
import { demandSameShape, lastAxis, mismatch } from '../shapes.ts'
import { WasmTensor } from './memory.ts'
import type { Loss, Slope } from './module.ts'
import { ReducingKernels, rows, SCALAR } from './reducing-kernels.ts'

/** How the module calls an activation. */
function codeOf(activation: Activation | undefined): number {
  return activation === undefined ? 0 : activation === 'relu' ? 1 : activation === 'sigmoid' ? 2 : 3
}

export class WasmKernels extends ReducingKernels implements Kernels {
  affine(x: Tensor, kernel: Tensor, bias: Tensor, activation?: Activation): Tensor {
    const y = this.matMul(x, kernel)
    const columns = lastAxis(y)
    if (bias.shape.length !== 1 || bias.size !== columns)
      throw mismatch('affine', `a bias of shape [${columns}]`, showShape(bias.shape))
    this.wasm.addBias(y.pointer, this.at(bias), rows(y, columns), columns, codeOf(activation))
    return y
  }

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

  // --- updates ------------------------------------------------------------------------------------------------

  sgd(value: Tensor, gradient: Tensor, { learningRate, weightDecay }: DescentSettings): Tensor {
    demandSameShape('sgd', value, gradient)
    const next = this.empty(value.shape)
    const { pointer, size } = next
    const { flag } = this
    this.wasm.sgd(pointer, this.at(value), this.at(gradient), size, learningRate, weightDecay, flag)
    this.checked = [next]
    return next
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
      this.flag,
    )
    this.checked = [next, nextVelocity]
    return { value: next, velocity: nextVelocity }
  }

  // --- totals ---------------------------------------------------------------------------------------------------

  totals(count: number): Tensor {
    const { pointer } = this.memory.allocate(count * Float64Array.BYTES_PER_ELEMENT)
    const totals = new WasmTensor([count], this.memory, pointer, count, Float64Array)
    totals.data.fill(0)
    return totals
  }

  copyTotals(from: Tensor, to: Tensor): void {
    const { pointer, bytes } = from as WasmTensor
    this.wasm.copyRuns((to as WasmTensor).pointer, pointer, bytes, 1, 0, 0)
  }

  tally(totals: Tensor, index: number, x: Tensor, weight = 1): void {
    this.wasm.tally((totals as WasmTensor).pointer, index, this.at(x), x.size, weight)
  }

  tallyMoments(totals: Tensor, index: number, x: Tensor): void {
    this.wasm.tallyMoments((totals as WasmTensor).pointer, index, this.at(x), x.size)
  }
}

const samples = (t: Tensor): number => t.size / lastAxis(t)
