/** All kernels by their formulas, in float32 or float64, with every sum taken in float64. */
import {
  type Activation,
  type DescentSettings,
  type Kernels,
  type MomentumSettings,
  sameShape,
  showShape,
  type Tensor,
} from '../../core/index.ts'
import { demandSameShape, lastAxis, mismatch } from '../shapes.ts'
import { PrimitiveKernels } from './primitive-kernels.ts'

/** Logarithms of probabilities are not taken below this, so that a certain but wrong prediction stays finite. */
const LOWEST_LOG = -100
/** Nor is p, or p (1 - p), taken below this where it divides. */
const LOWEST_DIVISOR = 1e-12

export class ReferenceKernels extends PrimitiveKernels implements Kernels {
  affine(x: Tensor, kernel: Tensor, bias: Tensor, activation?: Activation): Tensor {
    const product = this.matMul(x, kernel)
    if (!sameShape(bias.shape, [lastAxis(product)]))
      throw mismatch('affine', `a bias of shape [${lastAxis(product)}]`, showShape(bias.shape))
    const y = this.add(product, bias)
    return activation === undefined ? y : this[activation](y)
  }

  // --- gradients of activations -------------------------------------------------------------------------------

  sigmoidGradient(dy: Tensor, y: Tensor): Tensor {
    demandSameShape('sigmoidGradient', dy, y)
    return this.mul(dy, this.mul(y, this.oneMinus(y)))
  }

  tanhGradient(dy: Tensor, y: Tensor): Tensor {
    demandSameShape('tanhGradient', dy, y)
    return this.mul(dy, this.oneMinus(this.square(y)))
  }

  softplusGradient(dy: Tensor, x: Tensor): Tensor {
    demandSameShape('softplusGradient', dy, x)
    return this.mul(dy, this.sigmoid(x))
  }

  softmaxGradient(dy: Tensor, y: Tensor): Tensor {
    demandSameShape('softmaxGradient', dy, y)
    return this.mul(y, this.sub(dy, this.sumLastAxis(this.mul(dy, y))))
  }

  // --- losses and their gradients -----------------------------------------------------------------------------

  squaredError(p: Tensor, t: Tensor): Tensor {
    demandSameShape('squaredError', p, t)
    return this.mean(this.square(this.sub(p, t)))
  }

  squaredErrorGradient(dJ: Tensor, p: Tensor, t: Tensor): Tensor {
    demandSameShape('squaredErrorGradient', p, t)
    return this.scale(this.mul(this.sub(p, t), dJ), 2 / p.size)
  }

  binaryCrossentropy(p: Tensor, t: Tensor): Tensor {
    demandSameShape('binaryCrossentropy', p, t)
    const yes = this.mul(t, this.logarithm(p))
    const no = this.mul(this.oneMinus(t), this.logarithm(this.oneMinus(p)))
    return this.scale(this.mean(this.add(yes, no)), -1)
  }

  binaryCrossentropyGradient(dJ: Tensor, p: Tensor, t: Tensor): Tensor {
    demandSameShape('binaryCrossentropyGradient', p, t)
    const variance = this.maximum(this.mul(p, this.oneMinus(p)), LOWEST_DIVISOR)
    return this.scale(this.mul(this.div(this.sub(p, t), variance), dJ), 1 / p.size)
  }

  sigmoidCrossentropy(z: Tensor, t: Tensor): Tensor {
    demandSameShape('sigmoidCrossentropy', z, t)
    return this.mean(this.sub(this.softplus(z), this.mul(z, t)))
  }

  sigmoidCrossentropyGradient(dJ: Tensor, z: Tensor, t: Tensor): Tensor {
    demandSameShape('sigmoidCrossentropyGradient', z, t)
    return this.scale(this.mul(this.sub(this.sigmoid(z), t), dJ), 1 / z.size)
  }

  categoricalCrossentropy(p: Tensor, t: Tensor): Tensor {
    demandSameShape('categoricalCrossentropy', p, t)
    return this.scale(this.sum(this.mul(t, this.logarithm(p))), -1 / samples(t))
  }

  categoricalCrossentropyGradient(dJ: Tensor, p: Tensor, t: Tensor): Tensor {
    demandSameShape('categoricalCrossentropyGradient', p, t)
    return this.scale(this.mul(this.div(t, this.maximum(p, LOWEST_DIVISOR)), dJ), -1 / samples(t))
  }

  softmaxCrossentropy(z: Tensor, t: Tensor): Tensor {
    demandSameShape('softmaxCrossentropy', z, t)
    return this.scale(this.sum(this.mul(t, this.logSoftmax(z))), -1 / samples(t))
  }

  softmaxCrossentropyGradient(dJ: Tensor, z: Tensor, t: Tensor): Tensor {
    demandSameShape('softmaxCrossentropyGradient', z, t)
    const slope = this.sub(this.mul(this.softmax(z), this.sumLastAxis(t)), t)
    return this.scale(this.mul(slope, dJ), 1 / samples(t))
  }

  private logarithm(p: Tensor): Tensor {
    return this.maximum(this.log(p), LOWEST_LOG)
  }

  // --- updates ------------------------------------------------------------------------------------------------

  sgd(value: Tensor, gradient: Tensor, { learningRate, weightDecay }: DescentSettings): Tensor {
    return this.addScaled(value, this.decayed(gradient, value, weightDecay), -learningRate)
  }

  sgdMomentum(
    value: Tensor,
    gradient: Tensor,
    velocity: Tensor,
    { learningRate, momentum, nesterov, weightDecay }: MomentumSettings,
  ): { value: Tensor; velocity: Tensor } {
    const g = this.decayed(gradient, value, weightDecay)
    const v = this.addScaled(g, velocity, momentum)
    const direction = nesterov ? this.addScaled(g, v, momentum) : v
    return { value: this.addScaled(value, direction, -learningRate), velocity: v }
  }

  private decayed(gradient: Tensor, value: Tensor, weightDecay: number): Tensor {
    return weightDecay === 0 ? gradient : this.addScaled(gradient, value, weightDecay)
  }
}

/** How many rows a tensor has. */
const samples = (t: Tensor) => t.size / lastAxis(t)
