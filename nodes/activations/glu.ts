import { check, defineNode, type Kernels, type Tensor } from '../../core/index.ts'

/** y = a ∘ sigmoid(b), with a and b the two halves of x along the last axis: a gated linear unit. Dauphin et al. (2017). */
export const glu = defineNode({
  type: 'glu',
  inputs: ['x'],
  outputs: ['y'],
  examples: [{ inputs: { x: [4, 6] } }, { inputs: { x: [3, 5, 2] } }],
  shapes({ x }) {
    const width = check.lastAxis({ x })
    if (width % 2 === 0) return { y: x.with(-1, width / 2) }
    throw new Error(`the last axis is cut into halves, but has ${width} entries`)
  },
  forward({ x }, _, { kernels: k }) {
    const [a, b] = halves(x, k)
    return { y: k.mul(a, k.sigmoid(b)) }
  },
  // da = dy ∘ s, db = dy ∘ a ∘ s ∘ (1 - s), with s = sigmoid(b)
  backward({ y: dy }, { x }, _, { kernels: k }) {
    const [a, b] = halves(x, k)
    const s = k.sigmoid(b)
    const db = k.mul(k.mul(dy, a), k.mul(s, k.oneMinus(s)))
    return { x: k.concatenate([k.mul(dy, s), db], x.shape.length - 1) }
  },
})

function halves(x: Tensor, k: Kernels): [Tensor, Tensor] {
  const last = x.shape.length - 1
  const half = (x.shape[last] as number) / 2
  return [k.slice(x, last, 0, half), k.slice(x, last, half, half)]
}
