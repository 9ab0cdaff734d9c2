import { check, defineOptimizer, type Kernels, type Tensor } from '../../core/index.ts'
import { adaptiveStep } from './adaptive-step.ts'

export interface MuonOptions {
  /**
   * How far a step goes along the gradient.
   *
   * @default 0.02
   */
  learningRate?: number
  /**
   * The share of the last step that is kept, in [0, 1).
   *
   * @default 0.95
   */
  momentum?: number
  /**
   * The share of a value that a step takes away, times the learning rate.
   *
   * @default 0
   */
  weightDecay?: number
  /**
   * The learning rate of what is no matrix.
   *
   * @default 0.001
   */
  adamRate?: number
}

/**
 * Momentum made orthogonal: a step moves a matrix by as much in each direction. Jordan et al. (2024).
 *
 * m := μ m + (1 - μ) g, u = (1 - μ) g + μ m, then value := value (1 - α λ) - α √max(1, rows / columns) NS(u), where five steps of Newton and
 * Schulz, X := a X + (b X Xᵀ + c (X Xᵀ)²) X, bring all singular values of u close to 1. What is no matrix, such as a bias, follows adamW with a
 * rate of adamRate; axes before the last are rows.
 */
export const muon = defineOptimizer({
  type: 'muon',
  config: ({
    learningRate = 0.02,
    momentum = 0.95,
    weightDecay = 0,
    adamRate = 0.001,
  }: MuonOptions = {}) => ({
    learningRate: check.nonNegativeNumber({ learningRate }),
    momentum: check.fraction({ momentum }),
    weightDecay: check.nonNegativeNumber({ weightDecay }),
    adamRate: check.nonNegativeNumber({ adamRate }),
  }),
  slots: (_, shape) => (shape.length > 1 ? { m: 0, v: undefined } : { m: 0, v: 0 }),
  update(
    { value, gradient: g, m, v },
    { learningRate, momentum, weightDecay, adamRate },
    { kernels: k, iteration: t },
  ) {
    if (v) {
      const { step, ...slots } = adaptiveStep({ gradient: g, m, v, largest: undefined }, ADAM, t, k)
      return {
        value: k.addScaled(value, k.addScaled(step, value, weightDecay), -adamRate),
        m: slots.m,
        v: slots.v,
      }
    }
    const nextM = k.add(k.scale(m, momentum), k.scale(g, 1 - momentum))
    const along = k.add(k.scale(g, 1 - momentum), k.scale(nextM, momentum))
    const [rows, columns] = [g.size / (g.shape.at(-1) as number), g.shape.at(-1) as number]
    const step = k.reshape(orthogonal(k.reshape(along, [rows, columns]), k), g.shape)
    const length = learningRate * Math.sqrt(Math.max(1, rows / columns))
    return {
      value: k.addScaled(k.scale(value, 1 - learningRate * weightDecay), step, -length),
      m: nextM,
      v: undefined,
    }
  },
})

const ADAM = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 }

/** The coefficients of the polynomial, and how often it is applied. */
const [A, B, C] = [3.4445, -4.775, 2.0315]
const STEPS = 5

/** A matrix with the same directions, and lengths close to 1 along all of them. */
function orthogonal(g: Tensor, k: Kernels): Tensor {
  const [rows = 0, columns = 0] = g.shape
  const isTall = rows > columns
  const wide = isTall ? k.permute(g, [1, 0]) : g
  let x = k.div(wide, k.maximum(k.sqrt(k.sum(k.square(wide))), 1e-7))
  for (let step = 0; step < STEPS; step++) {
    const squares = k.matMul(x, x, 'nt')
    const both = k.add(k.scale(squares, B), k.scale(k.matMul(squares, squares), C))
    x = k.add(k.scale(x, A), k.matMul(both, x))
  }
  return isTall ? k.permute(x, [1, 0]) : x
}
