import { check, defineNode, type Kernels, type Tensor } from '../../core/index.ts'

export interface RotaryEmbeddingOptions {
  /**
   * The longest wave, about, in places of the sequence.
   *
   * @default 10000
   */
  maxWavelength?: number
}

/**
 * Turns pairs of features by an angle that grows with the place in the sequence, so that products of two rows depend on how far apart they
 * are: with x = [a, b] in halves along the last axis, y = [a cos φ - b sin φ, b cos φ + a sin φ], φ = t · wavelength^(-2i/features) for
 * place t and pair i. Su et al. (2021).
 *
 * x [batch, time, ..., features].
 */
export const rotaryEmbedding = defineNode({
  type: 'rotaryEmbedding',
  config: ({ maxWavelength = 10_000 }: RotaryEmbeddingOptions = {}) => ({
    maxWavelength: check.positiveNumber({ maxWavelength }),
  }),
  inputs: ['x'],
  outputs: ['y'],
  examples: [{ inputs: { x: [4, 5, 6] } }, { config: { maxWavelength: 100 }, inputs: { x: [2, 3, 2, 4] } }],
  shapes({ x }) {
    const features = check.lastAxis({ x })
    if (x.length > 2 && features % 2 === 0) return { y: x }
    throw new Error('x has the axes [batch, time, ..., features], with an even number of features')
  },
  forward({ x }, { maxWavelength }, { kernels: k }) {
    return { y: turned(x, anglesOf(x, maxWavelength, k), k) }
  },
  // dx = dy, turned back
  backward({ y: dy }, { x }, { maxWavelength }, { kernels: k }) {
    return { x: turned(dy, k.neg(anglesOf(x, maxWavelength, k)), k) }
  },
})

/** φ for each place and pair, [time, 1, ..., features / 2]. */
function anglesOf({ shape }: Tensor, wavelength: number, k: Kernels): Tensor {
  const [time = 0, features = 0] = [shape[1], shape.at(-1)]
  const rates = k.exp(k.scale(k.iota(features / 2), (-2 / features) * Math.log(wavelength)))
  const between = shape.slice(2, -1).map(() => 1)
  return k.mul(k.reshape(k.iota(time), [time, ...between, 1]), rates)
}

function turned(x: Tensor, angles: Tensor, k: Kernels): Tensor {
  const last = x.shape.length - 1
  const half = (x.shape[last] as number) / 2
  const [a, b] = [k.slice(x, last, 0, half), k.slice(x, last, half, half)]
  const [cos, sin] = [k.cos(angles), k.sin(angles)]
  const first = k.sub(k.mul(a, cos), k.mul(b, sin))
  const second = k.add(k.mul(b, cos), k.mul(a, sin))
  return k.concatenate([first, second], last)
}
