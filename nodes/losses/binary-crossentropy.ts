import { check, type Kernels, type Tensor } from '../../core/index.ts'
import { type ClassWeights, checkedClassWeights, demandClasses } from './class-weights.ts'
import { defineMeanLoss, type LossOptions, lossConfig } from './mean-loss.ts'

export interface BinaryCrossentropyOptions extends LossOptions {
  /**
   * Whether predictions are logits z rather than probabilities p; then sigmoid belongs to the loss.
   *
   * @default false
   */
  fromLogits?: boolean
  /**
   * Moves targets toward 1/2: t becomes t · (1 - s) + s / 2.
   *
   * @default 0
   */
  labelSmoothing?: number
  /**
   * What the two answers count: `[1, 5]` or `{ 1: 5 }` counts each yes five times.
   *
   * @default {}
   */
  classWeights?: ClassWeights
}

/**
 * The cross-entropy of independent yes-or-no targets, a mean over all entries.
 *
 * From probabilities: J = -1/n Σ (t ln p + (1 - t) ln (1 - p)), with logarithms not below -100.
 * From logits: J = 1/n Σ (softplus(z) - z t), which is max(z, 0) - z t + ln(1 + e^-|z|), finite for every z.
 *
 * prediction and target [batch, ...], weight [batch], or [batch, ...] with up to one for each entry.
 */
export const binaryCrossentropy = defineMeanLoss({
  type: 'binaryCrossentropy',
  config: ({
    fromLogits = false,
    labelSmoothing = 0,
    classWeights = {},
    ...common
  }: BinaryCrossentropyOptions = {}) => ({
    ...lossConfig(common),
    fromLogits: check.boolean({ fromLogits }),
    labelSmoothing: check.fraction({ labelSmoothing }),
    classWeights: checkedClassWeights(classWeights),
  }),
  domain: { prediction: [0.05, 0.95], target: [0, 1] },
  examples: [
    {},
    { config: { fromLogits: true } },
    { config: { labelSmoothing: 0.1 } },
    { config: { fromLogits: true, labelSmoothing: 0.1 } },
    { config: { classWeights: { 1: 5 } } },
    { config: { fromLogits: true, classWeights: [0.5, 2] } },
  ],
  expects: ({ fromLogits }) => ({
    prediction: fromLogits ? 'logits' : 'probabilities',
    target: 'probabilities',
  }),
  demands({ prediction, target }, { classWeights }) {
    check.samePorts({ prediction, target })
    demandClasses(classWeights, [2])
  },
  loss({ prediction, target }, { fromLogits, labelSmoothing, classWeights }, { kernels: k }) {
    const [no, yes] = shares(target, labelSmoothing, classWeights, k)
    return fromLogits ? ofLogits(prediction, no, yes, k) : of(prediction, no, yes, k)
  },
  // dz = sigmoid(z) (no + yes) - yes, dp = (p (no + yes) - yes) / (p (1 - p)), with a divisor not below 1e-12
  slope({ prediction, target }, { fromLogits, labelSmoothing, classWeights }, { kernels: k }) {
    const [no, yes] = shares(target, labelSmoothing, classWeights, k)
    const p = fromLogits ? k.sigmoid(prediction) : prediction
    const dz = k.sub(k.mul(p, k.add(no, yes)), yes)
    return fromLogits ? dz : k.div(dz, k.maximum(k.mul(p, k.oneMinus(p)), 1e-12))
  },
})

/** What "no" and "yes" count: 1 - t and t, where no class has a weight of its own. */
function shares(
  target: Tensor,
  s: number,
  { 0: no = 1, 1: yes = 1 }: Readonly<Record<string, number>>,
  k: Kernels,
): [no: Tensor, yes: Tensor] {
  const t = s === 0 ? target : k.addScalar(k.scale(target, 1 - s), s / 2)
  return [k.scale(k.oneMinus(t), no), k.scale(t, yes)]
}

/** (no + yes) softplus(z) - yes z */
const ofLogits = (z: Tensor, no: Tensor, yes: Tensor, k: Kernels) =>
  k.sub(k.mul(k.softplus(z), k.add(no, yes)), k.mul(yes, z))

/** -(yes ln p + no ln (1 - p)) */
const of = (p: Tensor, no: Tensor, yes: Tensor, k: Kernels) =>
  k.neg(k.add(k.mul(yes, logarithm(p, k)), k.mul(no, logarithm(k.oneMinus(p), k))))

const logarithm = (p: Tensor, k: Kernels) => k.maximum(k.log(p), -100)
