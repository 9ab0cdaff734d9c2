import { check, defineNode, type Kernels, type Tensor } from '../../core/index.ts'

export interface GeluOptions {
  /**
   * Whether Φ is approximated with the hyperbolic tangent.
   *
   * @default false
   */
  approximate?: boolean
}

/**
 * y = x · Φ(x), with Φ(x) = (1 + erf(x / √2)) / 2, the cumulative normal distribution. Hendrycks and Gimpel (2016).
 *
 * Approximated, Φ(x) = (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.
 */
export const gelu = defineNode({
  type: 'gelu',
  config: ({ approximate = false }: GeluOptions = {}) => ({ approximate: check.boolean({ approximate }) }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{}, { config: { approximate: true } }],
  shapes: ({ x }) => ({ y: x }),
  forward({ x }, { approximate }, { kernels: k }) {
    return { y: k.mul(x, approximate ? approximated(x, k).value : distribution(x, k)) }
  },
  // dx = dy · (Φ + x · Φ')
  backward({ y: dy }, { x }, { approximate }, { kernels: k }) {
    const { value, slope } = approximate
      ? approximated(x, k)
      : { value: distribution(x, k), slope: density(x, k) }
    return { x: k.mul(dy, k.add(value, k.mul(x, slope))) }
  },
})

/** Φ(x) */
const distribution = (x: Tensor, k: Kernels) => k.scale(k.add(k.erf(k.scale(x, Math.SQRT1_2)), 1), 0.5)

/** Φ'(x) = e^(-x²/2) / √(2π) */
const density = (x: Tensor, k: Kernels) =>
  k.scale(k.exp(k.scale(k.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI))

/** Beyond this, tanh is 1 or -1, and the slope 0. */
const FAR = 10

function approximated(given: Tensor, k: Kernels): { readonly value: Tensor; readonly slope: Tensor } {
  const x = k.minimum(k.maximum(given, -FAR), FAR)
  const squares = k.square(x)
  const bend = Math.sqrt(2 / Math.PI)
  const t = k.tanh(k.scale(k.mul(x, k.add(k.scale(squares, 0.044715), 1)), bend))
  return {
    value: k.scale(k.add(t, 1), 0.5),
    slope: k.mul(k.oneMinus(k.square(t)), k.scale(k.add(k.scale(squares, 3 * 0.044715), 1), bend / 2)),
  }
}
